import ij.IJ;
import ij.ImagePlus;
import ij.Menus;
import ij.gui.GenericDialog;
import ij.gui.MessageDialog;
import ij.plugin.frame.Recorder;
import java.awt.Button;
import java.awt.Component;
import java.awt.Dialog;
import java.awt.Menu;
import java.awt.Rectangle;
import java.awt.TextField;
import java.awt.event.KeyEvent;
import javax.swing.JCheckBox;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JTextField;

/**
 * Chooses the blur from the menu, types, looks at the preview, runs, records, and runs what was
 * recorded. What it saw goes into a folder.
 *
 * <p>Arguments: folder for what was seen, image, slice to look at, sigma.
 */
public final class BlurVisit {

    private static final String COMMAND = "Gaussian Blur (Physical)...";

    public static void main(final String[] arguments) throws Exception {
        Screen.visit(arguments[0], () -> {
            Screen.write("menu.txt", Screen.menuOf(COMMAND) + "\n" + suite());
            blur(arguments[1], Integer.parseInt(arguments[2]), arguments[3]);
            inPlaceAndUndo();
            escape();
            withoutVoxelSize();
            withVoxelSizeGivenThen();
            generatedMacro();
            problems();
            about();
        });
    }

    private static void blur(final String path, final int slice, final String width)
            throws Exception {
        final ImagePlus image = IJ.openImage(path);
        image.show();
        image.setSlice(slice);
        IJ.run(image, "Enhance Contrast", "saturated=0.35");
        final Recorder recorder = new Recorder();
        recorder.setLocation(700, 700);
        final JDialog dialog = Screen.dialog(COMMAND);
        final JTextField sigma = Screen.find(dialog, JTextField.class);

        Screen.type(sigma, "-" + width);
        Screen.await("OK goes away", () -> !Screen.ok(dialog).isEnabled());
        Screen.picture("problem.png", dialog);

        Screen.type(sigma, width);
        Screen.await("OK comes back", () -> Screen.ok(dialog).isEnabled());
        Screen.picture("dialog.png", dialog);

        Screen.click(Screen.find(dialog, JCheckBox.class), 10);
        Screen.type(sigma, "9" + width);
        Screen.type(sigma, width);
        final Component preview = Screen.named(dialog, "Preview");
        Screen.await("the preview is there", () -> Screen.field(preview, "after") != null
                && "".equals(Screen.field(preview, "message")));
        Screen.pause(500);
        Screen.picture("preview.png", dialog);

        Screen.click(Screen.ok(dialog), 0);
        final ImagePlus result = Screen.other(image);
        Screen.pause(500);
        Screen.shoot("result.png", new Rectangle(IJ.getScreenSize()));
        IJ.saveAsTiff(result, Screen.file("by-hand.tif").toString());
        final String recorded = Screen.recorded(recorder, COMMAND);
        Screen.write("recorded.ijm", recorded);
        recorder.close();
        Screen.closeOthers(image);

        IJ.runMacro(recorded);
        IJ.saveAsTiff(Screen.other(image), Screen.file("by-macro.tif").toString());
        Screen.closeOthers(image);
    }

    private static void about() throws Exception {
        Screen.choose("About Fiji Bridge...");
        final Dialog about = Screen.showing(MessageDialog.class);
        Screen.pause(300);
        Screen.shoot("about.png", about.getBounds());
        Screen.click(Screen.find(about, Button.class), 0);
        Screen.await("the message closes", () -> !about.isShowing());
    }

    /** An image without a voxel size: what to do about it is offered beside what is wrong. */
    private static void withoutVoxelSize() throws Exception {
        final ImagePlus plain = IJ.createImage("plain", "8-bit ramp", 64, 64, 5);
        plain.show();
        Screen.closeOthers(plain);
        final JDialog dialog = Screen.dialog(COMMAND);
        Screen.picture("offer.png", dialog);
        final StringBuilder found = new StringBuilder();
        found.append(Screen.ok(dialog).isEnabled()).append('\n');
        found.append(Screen.says(dialog)).append('\n');
        Screen.press(dialog, "Use pixels");
        Screen.await("pixels make sense", () -> Screen.ok(dialog).isEnabled());
        for (final JComboBox<?> choice : Screen.all(dialog, JComboBox.class)) {
            found.append(choice.getName()).append('=').append(choice.getSelectedItem())
                    .append('\n');
        }
        Screen.write("without-voxel-size.txt", found.toString());
        Screen.cancel(dialog);
    }

    /** The same, but the voxel size is given there and then: lengths are physical at once. */
    private static void withVoxelSizeGivenThen() throws Exception {
        final ImagePlus plain = IJ.createImage("bare", "8-bit ramp", 64, 64, 5);
        plain.show();
        Screen.closeOthers(plain);
        final JDialog dialog = Screen.dialog(COMMAND);
        Screen.press(dialog, "Set voxel size\u2026");
        final GenericDialog properties = (GenericDialog) Screen.showing(GenericDialog.class);
        Screen.pause(500);
        for (final TextField field : Screen.all(properties, TextField.class)) {
            if (field.getText().startsWith("pixel")) {
                Screen.type(field, "um");
            }
        }
        Screen.click(properties.getButtons()[0], 0);
        Screen.await("our dialog makes sense", () -> !properties.isShowing()
                && Screen.ok(dialog).isEnabled());
        Screen.pause(500);
        Screen.write("voxel-size-given.txt", Screen.says(dialog));
        Screen.cancel(dialog);
    }

    /** What is wrong with image and values is said while they are chosen, and OK is off. */
    private static void problems() throws Exception {
        final ImagePlus holes = IJ.createImage("holes", "32-bit ramp", 64, 64, 5);
        holes.getCalibration().setUnit("um");
        ((float[]) holes.getStack().getPixels(2))[7] = Float.NaN;
        holes.show();
        Screen.closeOthers(holes);
        final JDialog dialog = Screen.dialog(COMMAND);
        final StringBuilder said = new StringBuilder();
        Screen.picture("nan.png", dialog);
        said.append(state(dialog));
        Screen.select(dialog, "nan", "propagate");
        said.append(state(dialog));
        Screen.select(dialog, "region", "selection");
        said.append(state(dialog));
        final JTextField constant = (JTextField) Screen.field(dialog, JTextField.class, "cval");
        said.append(constant.isEnabled()).append('\n');
        Screen.select(dialog, "region", "whole image");
        Screen.select(dialog, "border", "constant");
        said.append(constant.isEnabled()).append('\n');
        said.append(state(dialog));
        Screen.select(dialog, "match", "isotropic");
        said.append(state(dialog));
        // The keyboard is in a field of ours.
        Screen.click(constant, 10);
        Screen.strike(KeyEvent.VK_ESCAPE);
        Screen.await("Esc closes the dialog", () -> !dialog.isShowing());
        Screen.write("problems.txt", said.toString());
    }

    private static String state(final JDialog dialog) throws Exception {
        Screen.pause(300);
        return Screen.ok(dialog).isEnabled() + "\t"
                + Screen.says(dialog).split("\n")[0] + '\n';
    }

    /** The generated macro asks when it is run without an argument. */
    private static void generatedMacro() throws Exception {
        final String macro = IJ.getDirectory("macros") + "fiji_bridge/gaussian.ijm";
        final Thread running = new Thread(() -> IJ.runMacroFile(macro));
        running.start();
        final JDialog dialog = (JDialog) Screen.showing(JDialog.class);
        Screen.pause(500);
        Screen.write("macro-asks.txt", dialog.getTitle() + "\n" + Screen.says(dialog));
        Screen.cancel(dialog);
        running.join();
    }

    /** The escape key ends a long blur, and leaves the image as it was. */
    private static void escape() throws Exception {
        final ImagePlus image = IJ.createImage("long", "32-bit ramp", 300, 300, 150);
        image.show();
        Screen.closeOthers(image);
        final String line = "run('" + COMMAND + "', 'sigma=100 unit=pixel result=[in place]');";
        final Thread running = new Thread(() -> IJ.runMacro(line.replace('\'', '"')));
        running.start();
        Screen.await("it runs", image::isLocked);
        Screen.pause(500);
        final boolean before = image.isLocked();
        Screen.await("ImageJ gets the keyboard", () -> {
            Screen.click(IJ.getInstance().getStatusBar(), 0);
            return IJ.getInstance().isActive();
        });
        Screen.strike(KeyEvent.VK_ESCAPE);
        running.join();
        final float[] ramp = new float[300];
        boolean same = true;
        for (int slice = 1; slice <= image.getStackSize(); slice++) {
            final float[] plane = (float[]) image.getStack().getPixels(slice);
            System.arraycopy(plane, 0, ramp, 0, ramp.length);
            for (int x = 0; x < ramp.length; x++) {
                same &= ramp[x] == (float) (x / 300.0);
            }
        }
        Screen.write("escape.txt", "running " + before + "\nsame " + same + "\nlocked "
                + image.isLocked() + "\nprovenance " + image.getProp("fiji_bridge.provenance"));
        image.changes = false;
        image.close();
    }

    /** A single plane, changed in place by the recorded line, can be had back. */
    private static void inPlaceAndUndo() throws Exception {
        final ImagePlus plane = IJ.createImage("plane", "8-bit ramp", 64, 64, 1);
        plane.show();
        Screen.closeOthers(plane);
        final int before = plane.getProcessor().get(63, 0);
        IJ.run(plane, COMMAND, "sigma=5 unit=pixel result=[in place]");
        final int blurred = plane.getProcessor().get(63, 0);
        IJ.run(plane, "Undo", "");
        final int undone = plane.getProcessor().get(63, 0);
        Screen.write("undo.txt", before + " " + blurred + " " + undone + "\n");
    }

    /** Everything under Plugins > Fiji Bridge, a line each. */
    private static String suite() {
        final Menu menu = Menus.getImageJMenu("Plugins>Fiji Bridge");
        final StringBuilder items = new StringBuilder();
        for (int i = 0; i < menu.getItemCount(); i++) {
            items.append("Plugins > Fiji Bridge > ").append(menu.getItem(i).getLabel()).append('\n');
        }
        return items.toString();
    }
}
