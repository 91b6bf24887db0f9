package org.fijibridge.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.VirtualStack;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import ij.process.ShortProcessor;
import java.awt.GraphicsEnvironment;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong is found before anything is computed, and said in the labels' words. */
class ProblemsTest {

    private static final Operation GAUSSIAN = Operation.of("gaussian");

    private static ImagePlus withNaN(final int... planes) {
        final ImagePlus imp = IJ.createImage("a", "32-bit ramp", 9, 8, 6);
        for (final int plane : planes) {
            ((float[]) imp.getStack().getPixels(plane))[5] = Float.NaN;
        }
        return imp;
    }

    private static String wrong(final Operation operation, final ImagePlus imp,
            final String options) {
        final Values values = Values.parse(operation, options);
        return assertThrows(Refusal.class, () -> {
            Problems.check(imp, values);
            new FiniteSamples(operation, imp).check(values, Progress.NONE);
        }).getMessage();
    }

    @Test
    void aSelectionThatIsNotThereIsMissed() {
        final String said = wrong(GAUSSIAN, withNaN(), "sigma=1 region=selection");
        assertTrue(said.contains("has no area selection"), said);
        assertEquals("make one, or use 'Change: whole image'",
                Wording.inLabels(GAUSSIAN, said).split("; ")[1]);
    }

    @Test
    void whatCannotBeChangedInPlaceIsSaid() {
        final ImagePlus virtual = new ImagePlus("v", new VirtualStack(9, 8, 3) {
            @Override
            public ImageProcessor getProcessor(final int n) {
                return new FloatProcessor(9, 8);
            }
        });
        assertTrue(Wording.inLabels(GAUSSIAN, wrong(GAUSSIAN, virtual,
                "sigma=1 result=[in place]")).endsWith("use 'Result goes to: new window'"));
        final ImagePlus bytes = IJ.createImage("b", "8-bit ramp", 9, 8, 1);
        assertTrue(wrong(GAUSSIAN, bytes, "sigma=1 result=[in place] dtype=float32")
                .startsWith("in place the type stays"));
    }

    @Test
    void samplesThatAreNoneAreCountedAndTheirRemedyIsWhatTheOperationHas() {
        final ImagePlus imp = withNaN(3, 5);
        final String said = wrong(GAUSSIAN, imp, "sigma=1");
        assertTrue(said.contains("has 2 samples that are NaN or infinite, the first in plane 3"),
                said);
        assertTrue(Wording.inLabels(GAUSSIAN, said).endsWith("choose 'NaN samples: propagate', or "
                + "'NaN samples: ignore' (mean of the others)"), said);
        assertTrue(wrong(Operation.of("laplacian"), imp, "sigma=1").endsWith("nan=propagate"));
        assertTrue(wrong(Operation.of("median"), imp, "radius=1").contains("fill them first"));
        // Whoever allows for them is not asked.
        new FiniteSamples(GAUSSIAN, imp).check(
                Values.parse(GAUSSIAN, "sigma=1 nan=ignore"), Progress.NONE);
    }

    @Test
    void aReportLooksAtItsChannelOfTheFirstFrame() {
        final ImagePlus imp = withNaN(2);
        imp.setDimensions(2, 1, 3);
        final Operation suggest = Operation.of("suggest");
        new FiniteSamples(suggest, imp).check(Values.parse(suggest, "channel=0"), Progress.NONE);
        assertTrue(wrong(suggest, imp, "channel=1").contains("1 sample"));
        final ImagePlus later = withNaN(3);
        later.setDimensions(2, 1, 3);
        new FiniteSamples(suggest, later).check(Values.parse(suggest, "channel=0"), Progress.NONE);
    }

    @Test
    void lookingCanBeCancelled() {
        final Progress escape = new Progress() {
            @Override
            public void report(final long done, final long total) {}

            @Override
            public boolean cancelled() {
                return true;
            }
        };
        assertThrows(CancellationException.class, () -> new FiniteSamples(GAUSSIAN, withNaN())
                .check(Values.parse(GAUSSIAN, "sigma=1"), escape));
    }

    @Test
    void memoryThatIsNotThereIsSaidBeforehand() {
        // More than any heap of these tests has, and next to no sample of it in memory.
        final ImagePlus huge = new ImagePlus("huge", new ShortProcessor(4, 4)) {
            @Override
            public int getWidth() {
                return 3_000_000;
            }

            @Override
            public int getHeight() {
                return 3_000_000;
            }
        };
        final Refusal refused = assertThrows(Refusal.class, () -> new GaussianBlurPhysical()
                .describe(huge, Values.parse(GAUSSIAN, "sigma=1 unit=pixel")));
        assertTrue(refused.getMessage().contains("of memory but"), refused.getMessage());
    }

    @Test
    void memoryNeededIsTheTruthForASmallImage() {
        final ImagePlus imp = IJ.createImage("a", "8-bit ramp", 128, 128, 56);
        final String said = new GaussianBlurPhysical()
                .describe(imp, Values.parse(GAUSSIAN, "sigma=1 unit=pixel"));
        final double mebibytes = Double.parseDouble(
                said.replaceFirst("(?s).*Memory needed: ([\\d.]+) MiB.*", "$1"));
        // The result is 0.875 MiB; it was 32.9 MiB when each thread's largest share was counted.
        assertTrue(mebibytes > 0.875 && mebibytes < 8, said);
    }

    @Test
    void longWorkIsSaid() {
        final String said = PlanText.of(BlurCommand.plan(withNaN(),
                Values.parse(GAUSSIAN, "sigma=1 unit=pixel")), 1 << 20, 200);
        assertTrue(said.contains("takes about 3 minutes"), said);
    }

    @ParameterizedTest
    @CsvSource({"border,constant,true", "border,nearest,false"})
    void theConstantValueGoesWithItsBorder(final String key, final String value,
            final boolean applies) {
        final Map<String, String> held = new HashMap<>(Collections.singletonMap(key, value));
        assertEquals(applies, GAUSSIAN.field("cval").appliesTo(held));
    }

    @Test
    void everyConditionNamesAFieldAndOneOfItsChoices() {
        int conditions = 0;
        for (final Operation operation : Operation.all()) {
            for (final Field field : operation.fields) {
                final Map<String, String> held = new HashMap<>();
                for (final Field other : operation.fields) {
                    held.put(other.name, "no such value");
                }
                if (field.appliesTo(held)) {
                    continue;
                }
                conditions++;
                boolean satisfied = false;
                for (final Field other : operation.fields) {
                    for (final String choice : other.isFlag()
                            ? Arrays.asList("true", "false") : other.choices) {
                        held.put(other.name, choice);
                        satisfied |= field.appliesTo(held);
                    }
                }
                assertTrue(satisfied, operation.name + " " + field.name);
            }
        }
        assertTrue(conditions >= 15, conditions + " conditions");
    }

    @Test
    void theProgramsWordsBecomeLabelsToo() {
        assertEquals("'Slices at (z y x): 1 2 3' goes with 'Method: slice'; got 'max'",
                Wording.inLabels(Operation.of("views"),
                        "position='1 2 3' goes with method='slice'; got 'max'"));
        assertEquals("'Constant value' must be a number, decimals with a point; got 'x'",
                Wording.inLabels(GAUSSIAN,
                        "cval must be a number, decimals with a point; got 'x'"));
        // A word that is also a key stays a word.
        final String plain = "image 'a' has no border of its own; the kernel is wide";
        assertEquals(plain, Wording.inLabels(GAUSSIAN, plain));
    }

    @Test
    void lengthsTurnIntoPixels() {
        assertEquals("1 px", FieldsPanel.inPixels("1 um"));
        assertEquals("z=2 px, y=1.5 px", FieldsPanel.inPixels("z=2 um, y=1.5\u00b5m"));
        assertEquals("2 px", FieldsPanel.inPixels("2 px"));
        assertEquals("finest", FieldsPanel.inPixels("finest"));
        assertFalse(FieldsPanel.inPixels("1e-3 mm").contains("mm"));
    }

    @Test
    void withoutAScreenADialogIsRefusedWithWhatItLacks() {
        assumeTrue(GraphicsEnvironment.isHeadless(),
                "a screen is there");
        final String said = assertThrows(Refusal.class,
                () -> OperationDialog.checkScreen(Operation.of("median"))).getMessage();
        assertTrue(said.contains("radius=[1 um]"), said);
        assertTrue(said.contains("border=mirror-double"), said);
    }
}
