package org.fijibridge.file;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Dialects of TIFF that ImageJ alone takes for its own: channels would be slices, units lost. */
final class Dialect {

    /** What to do with a file that others can read. */
    static final String REMEDY = "the program reads it (fiji-bridge COMMAND IN OUT), or open it "
            + "with Bio-Formats and save it as TIFF first";

    private static final Pattern OME = Pattern.compile("<(\\w+:)?OME[\\s>]");
    private static final Pattern SHAPE = Pattern.compile("\"shape\":\\s*\\[([^\\]]*)\\]");
    private static final Pattern AXES = Pattern.compile("\"axes\":\\s*\"([^\"]*)\"");
    private static final Pattern SCALE = Pattern.compile("\"(unit|spacing)\":");

    /** Tags in which makers of microscopes and scanners say what the pages are. */
    private static final Map<Integer, String> MAKERS = new HashMap<>();

    static {
        // Of Zeiss: pages are thumbnails in turn, and channels stand within a page.
        MAKERS.put(34412, "a Zeiss LSM file");
        MAKERS.put(34362, "an Olympus FluoView file");
        MAKERS.put(33560, "an Olympus SIS file");
        MAKERS.put(33471, "an Olympus SIS file");
        // One directory for all planes.
        MAKERS.put(33628, "a MetaMorph STK file");
        // Samples are square roots.
        MAKERS.put(33445, "a Molecular Dynamics GEL file");
    }

    private Dialect() {}

    /** Whose a tag is, or null. */
    static String maker(final int tag) {
        return MAKERS.get(tag);
    }

    /** What a file is that ImageJ would misread, or null. */
    static String foreign(final TiffPage page) {
        final String text = page.description;
        if (OME.matcher(text).find()) {
            return "an OME-TIFF";
        }
        if (text.startsWith("SCIFIO=")) {
            return "a SCIFIO TIFF";
        }
        if (page.maker != null) {
            return page.maker;
        }
        if (page.software.startsWith("SI.") || text.startsWith("state.")
                || text.contains("scanimage.SI")) {
            return "a ScanImage TIFF";
        }
        if (page.software.startsWith("PerkinElmer-QPI")) {
            return "a PerkinElmer QPTIFF";
        }
        return text.startsWith("{\"shape\":") && saysMore(text, page)
                ? "a TIFF of tifffile, with axes or a scale in JSON" : null;
    }

    /** Whether tifffile's JSON says what ImageJ, for which every page is a slice, does not know. */
    private static boolean saysMore(final String text, final TiffPage page) {
        if (SCALE.matcher(text).find()) {
            return true;
        }
        final Matcher shape = SHAPE.matcher(text);
        if (!shape.find()) {
            return false;
        }
        final String[] sizes = shape.group(1).split(",");
        final Matcher axes = AXES.matcher(text);
        final String names = axes.find() ? axes.group(1) : "";
        int lead = 0;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i].trim().equals("1")) {
                continue;
            }
            if (names.length() == sizes.length && "ZYXSQI".indexOf(names.charAt(i)) < 0) {
                return true;
            }
            lead++;
        }
        // Beside height, width and the samples of a pixel.
        return lead - 2 - (page.samples > 1 ? 1 : 0) > 1;
    }
}
