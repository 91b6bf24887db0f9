import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.gui.GenericDialog;
import ij.gui.YesNoCancelDialog;
import ij.plugin.frame.Recorder;
import java.awt.Dialog;
import java.awt.TextField;

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
            for (int i = 3; i < arguments.length; i++) {
                look(arguments[i]);
            }
            withoutVoxelSize();
        });
    }

    /** Without the program the dialog says how to install it. */
    private static void missing() throws Exception {
        final GenericDialog dialog = Screen.dialog(RESCALE);
        Screen.await("it says what is missing", () -> Screen.says(dialog).contains("cannot be run"));
        Screen.pause(300);
        Screen.shoot("missing.png", dialog.getBounds());
        Screen.write("missing.txt", dialog.getButtons()[0].isEnabled() + "\n" + Screen.says(dialog));
        Screen.cancel(dialog);
    }

    /** Types what makes no sense, then what does; runs and records it. */
    private static void rescale(final ImagePlus image) throws Exception {
        final Recorder recorder = new Recorder();
        recorder.setLocation(700, 700);
        final GenericDialog dialog = Screen.dialog(RESCALE);
        final TextField to = Screen.find(dialog, TextField.class);
        Screen.type(to, "0.1 furlong");
        Screen.await("it is refused", () -> Screen.says(dialog).contains("unknown length unit"));
        Screen.shoot("rescale-problem.png", dialog.getBounds());
        Screen.write("rescale-problem.txt",
                dialog.getButtons()[0].isEnabled() + "\n" + Screen.says(dialog));
        Screen.type(to, "0.1 um");
        Screen.await("it makes sense", () -> dialog.getButtons()[0].isEnabled());
        Screen.shoot("rescale.png", dialog.getBounds());
        Screen.write("rescale.txt", Screen.says(dialog));

        Screen.click(dialog.getButtons()[0], 0);
        IJ.saveAsTiff(Screen.other(image), Screen.file("rescaled.tif").toString());
        final String recorded = Screen.recorded(recorder, RESCALE);
        Screen.write("rescale.ijm", recorded);
        recorder.close();
        Screen.closeOthers(image);
        IJ.runMacro(recorded);
        IJ.saveAsTiff(Screen.other(image), Screen.file("rescaled-by-macro.tif").toString());
        Screen.closeOthers(image);
    }

    /** What a dialog says at first, before anything is typed. */
    private static void look(final String label) throws Exception {
        final GenericDialog dialog = Screen.dialog(label);
        Screen.await(label + " says what will happen", () -> dialog.getButtons()[0].isEnabled());
        Screen.pause(300);
        Screen.shoot(label + ".png", dialog.getBounds());
        Screen.write(label + ".txt", Screen.says(dialog));
        Screen.cancel(dialog);
    }

    /** Lengths need a voxel size: the place to set it is offered, then lengths are in pixels. */
    private static void withoutVoxelSize() throws Exception {
        final ImagePlus plain = IJ.createImage("plain", "8-bit ramp", 64, 64, 5);
        plain.show();
        Screen.closeOthers(plain);
        Screen.choose("Median (Physical)...");
        final Dialog offer = Screen.showing(YesNoCancelDialog.class);
        Screen.pause(300);
        Screen.press(offer, "No");
        final GenericDialog dialog = (GenericDialog) Screen.showing(GenericDialog.class);
        Screen.await("it makes sense in pixels", () -> dialog.getButtons()[0].isEnabled());
        Screen.write("without-voxel-size.txt",
                Screen.find(dialog, TextField.class).getText() + "\n" + Screen.says(dialog));
        Screen.cancel(dialog);
    }
}
