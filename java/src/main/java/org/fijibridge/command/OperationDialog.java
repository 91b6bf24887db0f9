package org.fijibridge.command;

import ij.IJ;
import ij.ImagePlus;
import ij.plugin.frame.Recorder;
import java.awt.BorderLayout;
import java.awt.EventQueue;
import java.awt.FlowLayout;
import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import javax.swing.JButton;
import javax.swing.JCheckBox;
import javax.swing.JLabel;
import javax.swing.JPanel;
import org.fijibridge.engine.Progress;
import org.fijibridge.plan.LengthUnit;
import org.fijibridge.plan.Refusal;

/**
 * The dialog of an operation, built from its fields. It says while one types what will happen,
 * and shows a preview on request; OK is there only when the values make sense.
 */
final class OperationDialog {

    /** What was last used, by title, as long as ImageJ runs. */
    private static final Map<String, Map<String, String>> LAST = new HashMap<>();

    private final Operation operation;
    private final ImagePlus imp;
    private final Planner planner;
    private final FiniteSamples samples;
    private StatusPanel status;
    private JPanel remedies;
    private JButton voxels;
    private JButton pixels;
    private final Preview preview;
    private JCheckBox previewed;
    private ModalDialog dialog;
    private FieldsPanel fields;
    private Values values;
    private volatile int asked;

    /**
     * @param planner says what the values mean
     * @param preview shows what they do, or null
     */
    OperationDialog(final Operation operation, final ImagePlus imp, final Planner planner,
            final Preview preview) {
        this.operation = operation;
        this.imp = imp;
        this.planner = planner;
        this.preview = preview;
        samples = new FiniteSamples(operation, imp);
    }

    /** Refuses to open a dialog where there is no screen: with what it would have asked for. */
    static void checkScreen(final Operation operation) {
        if (!GraphicsEnvironment.isHeadless()) {
            return;
        }
        final List<String> lacking = new ArrayList<>();
        final List<String> others = new ArrayList<>();
        for (final Field field : operation.fields) {
            if (field.initial.isEmpty() && !field.shown.isEmpty() && !field.isFlag()) {
                lacking.add(field.name + "=" + Values.quoted(field.shown));
            } else if (!field.initial.isEmpty() && !field.isFlag()) {
                others.add(field.name + "=" + Values.quoted(field.initial));
            }
        }
        throw new Refusal(operation.title + " would open a dialog, and there is no screen: give "
                + "its values as options"
                + (lacking.isEmpty() ? "" : ", for example " + String.join(" ", lacking))
                + (others.isEmpty() ? "" : "; what is left out is then "
                + String.join(" ", others)));
    }

    /** The values, or null after Cancel. */
    Values ask() {
        try {
            ModalDialog.onScreen(() -> {
                build(initial());
                changed();
            });
            if (!dialog.ask()) {
                return null;
            }
        } finally {
            asked++;
            if (preview != null) {
                preview.close();
            }
        }
        if (values == null) {
            throw new Refusal(status.isProblem() ? status.text()
                    : "the values had not been looked at yet; try again");
        }
        LAST.put(operation.title, fields.held());
        if (Recorder.record) {
            values.record();
        }
        return values;
    }

    private Map<String, String> initial() {
        final Map<String, String> shown = new LinkedHashMap<>();
        final String own = imp.getCalibration().getXUnit();
        for (final Field field : operation.fields) {
            String value = field.shown;
            if (field.kind.equals("unit")) {
                value = ownUnit(field, own);
            } else if (field.name.equals("engine")) {
                value = Engines.available()[0];
            }
            shown.put(field.name, value);
        }
        final Map<String, String> last = LAST.get(operation.title);
        if (last != null && (LengthUnit.isPixel(own) || !inPixels(last))) {
            shown.putAll(last);
        }
        return shown;
    }

    /** Whether all lengths are in pixels. */
    private boolean inPixels(final Map<String, String> held) {
        for (final Field field : operation.fields) {
            final String value = held.get(field.name);
            if (value != null && (field.kind.equals("unit") && !LengthUnit.isPixel(value)
                    || field.kind.equals("lengths")
                    && !FieldsPanel.inPixels(value).equals(value))) {
                return false;
            }
        }
        return true;
    }

    /** The image's unit as the field spells it; where it has none, who asks has to choose. */
    private static String ownUnit(final Field field, final String own) {
        try {
            for (final String choice : field.choices) {
                if (!LengthUnit.isPixel(own)
                        && LengthUnit.canonical(choice).equals(LengthUnit.canonical(own))) {
                    return choice;
                }
            }
        } catch (final Refusal unknown) {
            return field.initial;
        }
        return field.initial;
    }

    private void build(final Map<String, String> shown) {
        status = new StatusPanel();
        remedies = new JPanel(new FlowLayout(FlowLayout.LEFT, 6, 2));
        voxels = new JButton("Set voxel size\u2026");
        pixels = new JButton("Use pixels");
        previewed = new JCheckBox("Preview (orthogonal views of a part)");
        fields = new FieldsPanel(operation, shown, this::changed);
        voxels.addActionListener(event -> askForVoxelSize());
        pixels.addActionListener(event -> {
            fields.usePixels();
            changed();
        });
        remedies.add(voxels);
        remedies.add(pixels);
        remedies.setVisible(false);
        final JPanel middle = new JPanel(new BorderLayout(0, 6));
        middle.add(status, BorderLayout.NORTH);
        middle.add(remedies, BorderLayout.CENTER);
        final JPanel all = new JPanel(new BorderLayout(0, 10));
        all.add(fields, BorderLayout.NORTH);
        all.add(middle, BorderLayout.CENTER);
        final JPanel content = new JPanel(new BorderLayout(0, 10));
        content.add(all, BorderLayout.CENTER);
        if (preview == null) {
            content.add(new JLabel(operation.summary), BorderLayout.NORTH);
        } else {
            middle.add(previewed, BorderLayout.SOUTH);
            all.add(preview, BorderLayout.SOUTH);
            preview.setVisible(false);
            previewed.addItemListener(event -> {
                preview.setVisible(previewed.isSelected());
                dialog.pack();
                changed();
            });
        }
        dialog = new ModalDialog(operation.title, content, "OK", Help.html(operation));
    }

    /** Lets ImageJ ask for it, beside this dialog; what is typed here stays. */
    private void askForVoxelSize() {
        final Thread asking = new Thread(() -> {
            // This command holds the image; that one wants it.
            final boolean held = imp.isLocked();
            imp.unlock();
            IJ.run(imp, "Properties...", "");
            if (held) {
                imp.lockSilently();
            }
            if (Recorder.record) {
                // That command has been recorded by itself; this one goes on.
                Recorder.setCommand(operation.title + "...");
            }
            EventQueue.invokeLater(this::changed);
        }, "fiji-bridge-voxel-size");
        asking.setDaemon(true);
        asking.start();
    }

    /** Reads the fields and asks what they mean; OK is there once they are known to make sense. */
    private void changed() {
        asked++;
        final int question = asked;
        values = null;
        dialog.setReady(false);
        try {
            final Values typed = Values.of(operation, fields.read());
            Problems.check(imp, typed);
            planner.plan(typed, (text, kind) -> answered(question, typed, text, kind));
        } catch (final Refusal refused) {
            refuse(refused);
        }
    }

    /** A plan counts once it is known that the samples go with it. */
    private void answered(final int question, final Values typed, final String text,
            final Planner.Kind kind) {
        if (question != asked) {
            return;
        }
        if (kind != Planner.Kind.PLAN) {
            say(text, kind, null);
        } else if (!samples.matter(typed) || samples.areKnown(typed)) {
            judge(typed, text);
        } else {
            say(text + "\nLooking for samples that are NaN or infinite \u2026", kind, null);
            final Thread looking = new Thread(() -> {
                try {
                    samples.check(typed, new Progress() {
                        @Override
                        public void report(final long done, final long total) {}

                        @Override
                        public boolean cancelled() {
                            return question != asked;
                        }
                    });
                } catch (final Refusal | CancellationException known) {
                    // Said, or asked again, below.
                }
                EventQueue.invokeLater(() -> answered(question, typed, text, kind));
            }, "fiji-bridge-samples");
            looking.setDaemon(true);
            looking.start();
        }
    }

    private void judge(final Values typed, final String text) {
        try {
            samples.check(typed, Progress.NONE);
            say(text, Planner.Kind.PLAN, typed);
        } catch (final Refusal refused) {
            refuse(refused);
        }
    }

    private void refuse(final Refusal refused) {
        say(refused.getMessage(), refused.isCalibration() ? Planner.Kind.UNCALIBRATED
                : Planner.Kind.PROBLEM, null);
    }

    /** Shows what the values mean; OK is there where they are given, since they make sense. */
    private void say(final String text, final Planner.Kind kind, final Values meant) {
        values = meant;
        status.show(Wording.inLabels(operation, text), kind != Planner.Kind.PLAN);
        dialog.setReady(meant != null);
        final boolean offered = kind == Planner.Kind.UNCALIBRATED;
        final boolean moved = remedies.isVisible() != offered;
        remedies.setVisible(offered);
        // Of a file there is no window to set it in.
        voxels.setVisible(offered && imp.getWindow() != null);
        pixels.setVisible(offered && fields.hasLengths());
        if (dialog.isVisible() && (moved || status.wantsMoreThanItHas())) {
            dialog.pack();
        }
        if (preview == null) {
            return;
        }
        if (!dialog.isVisible() || values == null || !previewed.isSelected()) {
            preview.clear("");
        } else {
            preview.request(values);
        }
    }
}
