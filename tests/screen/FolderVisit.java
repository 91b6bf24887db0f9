import ij.IJ;
import ij.ImagePlus;
import ij.Prefs;
import ij.WindowManager;
import ij.gui.MessageDialog;
import ij.plugin.frame.Recorder;
import ij.text.TextWindow;
import java.awt.Button;
import java.awt.Dialog;
import java.awt.Rectangle;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JTextField;

/**
 * Does a folder from the menu, twice, and lets the program measure: the windows that show what was
 * found.
 *
 * <p>Arguments: folder for what was seen, folder with images, folder for results, an image, path of
 * the program.
 */
public final class FolderVisit {

    private static final String BATCH = "Batch over a Folder...";

    public static void main(final String[] arguments) throws Exception {
        Screen.visit(arguments[0], () -> {
            Prefs.set("fiji_bridge.program", arguments[4]);
            final Recorder recorder = new Recorder();
            recorder.setLocation(700, 700);
            batch(arguments[1], arguments[2], "first");
            Screen.write("recorded.ijm", Screen.recorded(recorder, BATCH));
            recorder.close();
            batch(arguments[1], arguments[2], "second");
            report(arguments[3]);
        });
    }

    private static void batch(final String input, final String output, final String name)
            throws Exception {
        final JDialog dialog = Screen.dialog(BATCH);
        final StringBuilder said = new StringBuilder();
        said.append(Screen.ok(dialog).isEnabled()).append('\n');
        Screen.set(dialog, "input", input);
        Screen.set(dialog, "output", output);
        Screen.await("folders make sense", () -> Screen.ok(dialog).isEnabled());
        Screen.pause(300);
        said.append(Screen.says(dialog)).append('\n');
        Screen.picture(name + "-folders.png", dialog);
        Screen.click(Screen.ok(dialog), 0);
        Screen.await("the values are asked for", () -> !dialog.isShowing()
                && Screen.showing(JDialog.class) != dialog);
        final JDialog values = (JDialog) Screen.showing(JDialog.class);
        Screen.pause(700);
        Screen.picture(name + "-values.png", values);
        for (final JComboBox<?> choice : Screen.all(values, JComboBox.class)) {
            said.append(choice.getName()).append(' ');
        }
        Screen.type(Screen.find(values, JTextField.class), "0.5");
        Screen.await("they make sense", () -> Screen.ok(values).isEnabled());
        Screen.click(Screen.ok(values), 0);
        // One of the files is none: that is said, and then what happened to each.
        final Dialog failed = Screen.showing(MessageDialog.class);
        Screen.pause(500);
        Screen.click(Screen.find(failed, Button.class), 0);
        Screen.await("the message closes", () -> !failed.isShowing());
        final String table = output + "/gaussian.csv";
        Screen.await("the table is shown", () -> WindowManager.getFrame(table) != null);
        Screen.pause(500);
        Screen.write(name + ".txt", said.toString());
        Screen.shoot(name + "-table.png", WindowManager.getFrame(table).getBounds());
        ((TextWindow) WindowManager.getFrame(table)).close(false);
    }

    private static void report(final String path) throws Exception {
        final ImagePlus image = IJ.openImage(path);
        image.show();
        final JDialog dialog = Screen.dialog("Suggest Sigma...");
        Screen.await("it says what will be done", () -> Screen.ok(dialog).isEnabled());
        Screen.click(Screen.ok(dialog), 0);
        final String title = "Suggest Sigma of " + image.getTitle();
        Screen.await("the verdict", () -> WindowManager.getFrame(title + ": verdict") != null);
        Screen.pause(1500);
        Screen.shoot("suggest.png", new Rectangle(IJ.getScreenSize()));
        Screen.shoot("verdict.png", WindowManager.getFrame(title + ": verdict").getBounds());
        Screen.shoot("numbers.png", WindowManager.getFrame(title).getBounds());
        Screen.write("suggest.txt", "figure "
                + (WindowManager.getImage(title + ": figure") != null) + '\n');
    }
}
