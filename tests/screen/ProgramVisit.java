import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.plugin.frame.Recorder;
import javax.swing.JDialog;
import javax.swing.JTextField;

/**
 * Opens the commands that the installed program computes: what their dialogs say while one types,
 * with and without the program; runs one, records it, and runs what was recorded.
 *
 * <p>Arguments: folder for what was seen, image, path of the program, labels of the commands.
 */
public final class ProgramVisit {

    private static final String RESCALE = "Rescale (Physical)...";

    public static void main(final String[] arguments) throws Exception {
        Screen.visit(arguments[0], () -> {
            final ImagePlus image = IJ.openImage(arguments[1]);
            image.show();
            Prefs.set("fiji_bridge.program", "/no/such/program");
            missing();
            Prefs.set("fiji_bridge.program", arguments[2]);
            rescale(image);
            crossCheck(arguments[2]);
            for (int i = 3; i < arguments.length; i++) {
                look(arguments[i]);
            }
            withoutVoxelSize();
        });
    }

    /** Without the program the dialog says how to install it. */
    private static void missing() throws Exception {
        final JDialog dialog = Screen.dialog(RESCALE);
        Screen.await("it says what is missing", () -> Screen.says(dialog).contains("cannot be run"));
        Screen.pause(300);
        Screen.picture("missing.png", dialog);
        Screen.write("missing.txt", Screen.ok(dialog).isEnabled() + "\n" + Screen.says(dialog));
        Screen.cancel(dialog);
    }

    /** Types what makes no sense, then what does; runs and records it. */
    private static void rescale(final ImagePlus image) throws Exception {
        final Recorder recorder = new Recorder();
        recorder.setLocation(700, 700);
        final JDialog dialog = Screen.dialog(RESCALE);
        final JTextField to = Screen.find(dialog, JTextField.class);
        Screen.type(to, "0.1 furlong");
        Screen.await("it is refused", () -> Screen.says(dialog).contains("unknown length unit"));
        Screen.picture("rescale-problem.png", dialog);
        Screen.write("rescale-problem.txt",
                Screen.ok(dialog).isEnabled() + "\n" + Screen.says(dialog));
        Screen.type(to, "0.1 um");
        Screen.await("it makes sense", () -> Screen.ok(dialog).isEnabled());
        Screen.picture("rescale.png", dialog);
        Screen.write("rescale.txt", Screen.says(dialog));

        Screen.click(Screen.ok(dialog), 0);
        IJ.saveAsTiff(Screen.other(image), Screen.file("rescaled.tif").toString());
        final String recorded = Screen.recorded(recorder, RESCALE);
        Screen.write("rescale.ijm", recorded);
        recorder.close();
        Screen.closeOthers(image);
        IJ.runMacro(recorded);
        IJ.saveAsTiff(Screen.other(image), Screen.file("rescaled-by-macro.tif").toString());
        Screen.closeOthers(image);
    }

    /** What is typed is looked at in this dialog as well: the sigma, and the program's path. */
    private static void crossCheck(final String program) throws Exception {
        final JDialog dialog = Screen.dialog("Cross-check with SciPy...");
        Screen.await("it says what will be checked", () -> Screen.ok(dialog).isEnabled());
        Screen.pause(300);
        Screen.picture("cross-check.png", dialog);
        Screen.write("cross-check.txt", Screen.says(dialog));
        final JTextField sigma = Screen.find(dialog, JTextField.class);
        Screen.type(sigma, "1 furlong");
        Screen.await("it is refused", () -> Screen.says(dialog).contains("furlong"));
        Screen.picture("cross-check-problem.png", dialog);
        Screen.write("cross-check-problem.txt",
                Screen.ok(dialog).isEnabled() + "\n" + Screen.says(dialog));
        Screen.type(sigma, "0.5 um");
        Screen.await("it makes sense", () -> Screen.ok(dialog).isEnabled());
        final JTextField path = Screen.all(dialog, JTextField.class).get(1);
        Screen.type(path, "/no/such/program");
        Screen.await("there is no such program", () -> Screen.says(dialog).contains("cannot be"));
        Screen.write("cross-check-missing.txt",
                Screen.ok(dialog).isEnabled() + "\n" + Screen.says(dialog));
        Screen.type(path, program);
        Screen.await("there is one", () -> Screen.ok(dialog).isEnabled());
        Screen.cancel(dialog);
    }

    /** What a dialog says at first, before anything is typed. */
    private static void look(final String label) throws Exception {
        final JDialog dialog = Screen.dialog(label);
        Screen.await(label + " says what will happen", () -> Screen.ok(dialog).isEnabled());
        Screen.pause(300);
        Screen.picture(label + ".png", dialog);
        Screen.write(label + ".txt", Screen.says(dialog));
        Screen.cancel(dialog);
    }

    /** Lengths need a voxel size: the place to set it is offered, then lengths are in pixels. */
    private static void withoutVoxelSize() throws Exception {
        final ImagePlus plain = IJ.createImage("plain", "8-bit ramp", 64, 64, 5);
        plain.show();
        Screen.closeOthers(plain);
        final JDialog dialog = Screen.dialog("Median (Physical)...");
        Screen.await("it is refused", () -> Screen.says(dialog).contains("not calibrated"));
        Screen.press(dialog, "Use pixels");
        Screen.await("it makes sense in pixels", () -> Screen.ok(dialog).isEnabled());
        Screen.write("without-voxel-size.txt",
                Screen.find(dialog, JTextField.class).getText() + "\n" + Screen.says(dialog));
        Screen.cancel(dialog);
    }
}
