package org.fijibridge.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Holds the Java plan to what the Python plan says (tests/vectors, written by make.py). */
class VectorsTest {

    // Java sums the taps in another order than NumPy; the vectors hold 12 digits.
    private static final double SUMMING = 1e-11;

    // The vectors hold nine digits of what is measured.
    private static final double MEASURING = 1e-8;

    @SuppressWarnings("unchecked")
    private static <T> T vectors(final String name) throws IOException {
        final Path file = Paths.get("..", "tests", "vectors", name);
        return (T) new Gson().fromJson(new String(Files.readAllBytes(file), StandardCharsets.UTF_8),
                Object.class);
    }

    @Test
    void everySpellingOfAUnitMeansTheSameAsInPython() throws IOException {
        final Map<String, Map<String, List<String>>> units = vectors("units.json");
        units.get("spellings").forEach((text, expected) -> {
            if (expected == null) {
                assertThrows(Refusal.class, () -> LengthUnit.canonical(text), text);
            } else {
                assertEquals(expected.get(0), LengthUnit.canonical(text), text);
                assertEquals(expected.get(1), LengthUnit.symbol(text), text);
            }
        });
        for (final String spelling : LengthUnit.spellings().keySet()) {
            assertNotNull(units.get("spellings").get(spelling), spelling);
        }
    }

    @Test
    void conversionFactorsAreTheSameDoubles() throws IOException {
        final Map<String, Object> units = vectors("units.json");
        for (final Object row : (List<?>) units.get("factors")) {
            final List<?> factor = (List<?>) row;
            assertEquals(factor.get(2),
                    LengthUnit.factor((String) factor.get(0), (String) factor.get(1)),
                    factor.toString());
        }
        assertEquals(units.get("fwhm_per_sigma"), Widths.FWHM_PER_SIGMA);
    }

    @Test
    void everyPlanAndEveryRefusalIsPythons() throws IOException {
        for (final Map<String, Object> row : VectorsTest.<List<Map<String, Object>>>vectors(
                "plans.json")) {
            final Object expected = row.get("plan");
            if (expected == null) {
                assertThrows(Refusal.class, () -> plan(row), row.toString());
            } else {
                compare((Map<?, ?>) expected, plan(row), row.toString());
            }
        }
    }

    private static BlurPlan plan(final Map<String, Object> row) {
        final Voxels voxels = new Voxels("vectors");
        final Map<?, ?> sizes = (Map<?, ?>) row.get("sizes");
        final List<?> size = (List<?>) row.get("voxel");
        sizes.forEach((axis, samples) -> voxels.with((String) axis,
                ((Double) samples).intValue(), number(size.get("zyx".indexOf((String) axis))),
                (String) row.get("voxel_unit")));
        return BlurPlan.make(voxels, (String) row.get("sigma"), (String) row.get("unit"),
                (String) row.get("meaning"), (String) row.get("border"), number(row.get("cval")),
                (String) row.get("kernel"), number(row.get("truncate")));
    }

    private static double number(final Object value) {
        if (value instanceof Double) {
            return (Double) value;
        }
        return value.equals("inf") ? Double.POSITIVE_INFINITY : Double.NaN;
    }

    private static void compare(final Map<?, ?> expected, final BlurPlan plan,
            final String where) {
        final List<?> axes = (List<?>) expected.get("axes");
        assertEquals(axes.size(), plan.axes.size(), where);
        for (int i = 0; i < axes.size(); i++) {
            final Map<?, ?> axis = (Map<?, ?>) axes.get(i);
            final AxisPlan found = plan.axes.get(i);
            assertEquals(axis.get("axis"), found.axis, where);
            assertEquals(axis.get("sigma_px"), found.sigmaPx, where);
            assertEquals(axis.get("requested"), found.requested, where);
            assertEquals(axis.get("unit"), found.unit, where);
            assertEquals(((Double) axis.get("radius")).intValue(), found.radius, where);
            assertEquals(axis.get("note"), found.note, where);
            final double effective = (Double) axis.get("effective_sigma_px");
            assertEquals(effective, found.effectiveSigmaPx, SUMMING * effective, where);
            final double fwhm = (Double) axis.get("fwhm_px");
            assertEquals(fwhm, found.fwhmPx, MEASURING * Math.max(1, fwhm), where);
            assertEquals((Double) axis.get("transfer_error"), found.transferError(), MEASURING,
                    where);
            assertEquals((Double) axis.get("bead_error"), found.beadError(), MEASURING, where);
            if (axis.get("voxel_size") == null) {
                assertEquals(Double.NaN, found.voxelSize, where);
                assertNull(axis.get("voxel_size"), where);
            } else {
                assertEquals(axis.get("voxel_size"), found.voxelSize, where);
            }
        }
        assertEquals(((Double) expected.get("warnings")).intValue(), plan.warnings.size(), where);
    }
}
