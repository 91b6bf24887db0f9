package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.fijibridge.plan.AxisPlan;
import org.fijibridge.plan.BlurPlan;

/** What was done to an image, in an image property; the entries are those of the Python package. */
final class Provenance {

    /** Key of the image property: a JSON list, oldest entry first. */
    static final String KEY = "fiji_bridge.provenance";

    private Provenance() {}

    /** Adds an entry to what the source's property says and gives it to the result. */
    static void add(final ImagePlus source, final ImagePlus result, final Map<String, ?> entry) {
        final String before = source.getProp(KEY);
        final String made = Json.write(entry);
        if (before == null || !before.matches("(?s)\\s*\\[.*\\S.*\\]\\s*")) {
            result.setProp(KEY, "[" + made + "]");
        } else {
            final String list = before.trim();
            result.setProp(KEY, list.substring(0, list.length() - 1) + ", " + made + "]");
        }
    }

    /** The start of every entry; no time and no host, so that the same work gives the same file. */
    static Map<String, Object> entry(final String operation, final String engine,
            final String implementation) {
        final Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("operation", operation);
        entry.put("fiji_bridge", Operation.version());
        entry.put("engine", engine);
        entry.put("implementation", implementation);
        entry.put("runtime", "ImageJ " + IJ.getVersion() + ", Java "
                + System.getProperty("java.version"));
        return entry;
    }

    /** A plan as the Python package writes it. */
    static Map<String, Object> plan(final BlurPlan plan) {
        final List<Object> axes = new ArrayList<>();
        for (final AxisPlan axis : plan.axes) {
            final Map<String, Object> one = new LinkedHashMap<>();
            one.put("axis", axis.axis);
            one.put("size", axis.size);
            one.put("requested", axis.requested);
            one.put("unit", axis.unit);
            one.put("voxel_size", axis.voxelSize);
            one.put("sigma_px", axis.sigmaPx);
            one.put("radius", axis.radius);
            one.put("effective_sigma_px", axis.effectiveSigmaPx);
            one.put("effective_sigma", axis.effectiveSigma());
            one.put("fwhm_px", axis.fwhmPx);
            one.put("fwhm", axis.fwhm());
            one.put("transfer_error", axis.transferError());
            one.put("bead_error", axis.beadError());
            one.put("note", axis.note);
            axes.add(one);
        }
        final Map<String, Object> made = new LinkedHashMap<>();
        made.put("axes", axes);
        made.put("kernel", plan.kernel);
        made.put("border", plan.border.label());
        made.put("cval", plan.cval);
        made.put("warnings", plan.warnings);
        made.put("truncate", plan.truncate);
        return made;
    }
}
