import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.Prefs;
import ij.WindowManager;
import ij.gui.GenericDialog;
import ij.gui.MessageDialog;
import ij.gui.YesNoCancelDialog;
import ij.plugin.frame.Recorder;
import java.awt.Button;
import java.awt.Checkbox;
import java.awt.Choice;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.Menu;
import java.awt.MenuBar;
import java.awt.MenuItem;
import java.awt.Point;
import java.awt.Rectangle;
import java.awt.Robot;
import java.awt.TextField;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.awt.event.InputEvent;
import java.awt.event.KeyEvent;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;

/**
 * Sits at the screen of a real ImageJ: chooses the command from the menu, types, looks at the
 * preview, runs, records, and runs what was recorded. What it saw goes into a folder.
 *
 * <p>Arguments: image, folder for what was seen, slice to look at, sigma.
 */
public final class Driver {

    private static final String COMMAND = "Gaussian Blur (Physical)...";

    private static Robot robot;
    private static Path seen;

    public static void main(final String[] arguments) throws Exception {
        seen = Path.of(arguments[1]);
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failure.printStackTrace());
        ImageJ.main(new String[] {"-port0"});
        robot = new Robot();
        robot.setAutoDelay(25);
        int code = 1;
        try {
            sit(arguments);
            code = 0;
        } catch (final Exception failure) {
            failure.printStackTrace();
            shoot("failure.png", new Rectangle(IJ.getScreenSize()));
        }
        System.exit(code);
    }

    private static void sit(final String[] arguments) throws Exception {
        write("menu.txt", menuOf(COMMAND) + "\n" + suite());
        final ImagePlus image = IJ.openImage(arguments[0]);
        image.show();
        image.setSlice(Integer.parseInt(arguments[2]));
        IJ.run(image, "Enhance Contrast", "saturated=0.35");
        final Recorder recorder = new Recorder();
        recorder.setLocation(700, 700);
        final GenericDialog dialog = choose();
        final TextField sigma = find(dialog, TextField.class);

        type(sigma, "-" + arguments[3]);
        await("OK goes away", () -> !dialog.getButtons()[0].isEnabled());
        shoot("problem.png", dialog.getBounds());

        type(sigma, arguments[3]);
        await("OK comes back", () -> dialog.getButtons()[0].isEnabled());
        shoot("dialog.png", dialog.getBounds());

        click(find(dialog, Checkbox.class), 10);
        type(sigma, "9" + arguments[3]);
        type(sigma, arguments[3]);
        final Component preview = named(dialog, "Preview");
        final java.lang.reflect.Field after = preview.getClass().getDeclaredField("after");
        final java.lang.reflect.Field message = preview.getClass().getDeclaredField("message");
        after.setAccessible(true);
        message.setAccessible(true);
        await("the preview is there",
                () -> after.get(preview) != null && "".equals(message.get(preview)));
        robot.delay(500);
        shoot("preview.png", dialog.getBounds());

        click(dialog.getButtons()[0], 0);
        await("a result", () -> WindowManager.getImageCount() == 2
                && WindowManager.getCurrentImage() != image);
        final ImagePlus result = WindowManager.getCurrentImage();
        robot.delay(500);
        shoot("result.png", new Rectangle(IJ.getScreenSize()));
        IJ.saveAsTiff(result, seen.resolve("by-hand.tif").toString());
        final String recorded = lines(recorder.getText());
        write("recorded.ijm", recorded);
        recorder.close();
        result.changes = false;
        result.close();

        WindowManager.setCurrentWindow(image.getWindow());
        IJ.runMacro(recorded);
        final ImagePlus again = WindowManager.getCurrentImage();
        IJ.saveAsTiff(again, seen.resolve("by-macro.tif").toString());

        inPlaceAndUndo();
        withoutVoxelSize();
        aboutAndProgram();
    }

    /** The commands without a preview open as well, and a program that is missing is named. */
    private static void aboutAndProgram() throws Exception {
        menuOf("About Fiji Bridge...");
        IJ.getInstance().actionPerformed(
                new ActionEvent(found, ActionEvent.ACTION_PERFORMED, found.getLabel()));
        final Dialog about = showing(MessageDialog.class);
        robot.delay(300);
        shoot("about.png", about.getBounds());
        click(all(about, Button.class).get(0), 0);
        await("the message closes", () -> !about.isShowing());

        menuOf("Rescale (Physical)...");
        IJ.getInstance().actionPerformed(
                new ActionEvent(found, ActionEvent.ACTION_PERFORMED, found.getLabel()));
        final GenericDialog rescale = (GenericDialog) showing(GenericDialog.class);
        robot.delay(300);
        shoot("rescale.png", rescale.getBounds());
        type(find(rescale, TextField.class), "0.5 um");
        Prefs.set("fiji_bridge.program", "/no/such/program");
        click(rescale.getButtons()[0], 0);
        final Dialog missing = showing(MessageDialog.class);
        robot.delay(300);
        shoot("missing.png", missing.getBounds());
        click(all(missing, Button.class).get(0), 0);
        await("the message closes", () -> !missing.isShowing());
    }

    /** An image without a voxel size: the place to set it is offered, then sigma is in pixels. */
    private static void withoutVoxelSize() throws Exception {
        final ImagePlus plain = IJ.createImage("plain", "8-bit ramp", 64, 64, 5);
        plain.show();
        IJ.getInstance().actionPerformed(
                new ActionEvent(found, ActionEvent.ACTION_PERFORMED, found.getLabel()));
        final Dialog offer = showing(YesNoCancelDialog.class);
        robot.delay(500);
        shoot("offer.png", offer.getBounds());
        for (final Button button : all(offer, Button.class)) {
            if (button.getLabel().trim().equals("No")) {
                click(button, 0);
            }
        }
        final GenericDialog dialog = (GenericDialog) showing(GenericDialog.class);
        robot.delay(500);
        final StringBuilder chosen = new StringBuilder();
        for (final Choice choice : all(dialog, Choice.class)) {
            chosen.append(choice.getName()).append('=').append(choice.getSelectedItem())
                    .append('\n');
        }
        write("without-voxel-size.txt", dialog.getButtons()[0].isEnabled() + "\n" + chosen);
        click(dialog.getButtons()[1], 0);
        await("the dialog closes", () -> !dialog.isShowing());
    }

    /** A single plane, changed in place by the recorded line, can be had back. */
    private static void inPlaceAndUndo() throws Exception {
        final ImagePlus plane = IJ.createImage("plane", "8-bit ramp", 64, 64, 1);
        plane.show();
        final int before = plane.getProcessor().get(63, 0);
        IJ.run(plane, COMMAND, "sigma=5 unit=pixel result=[in place]");
        final int blurred = plane.getProcessor().get(63, 0);
        IJ.run("Undo");
        final int undone = plane.getProcessor().get(63, 0);
        write("undo.txt", before + " " + blurred + " " + undone + "\n");
    }

    /** The line of our command; what else was recorded is about windows. */
    private static String lines(final String text) {
        final StringBuilder ours = new StringBuilder();
        for (final String line : text.split("\n")) {
            if (line.contains(COMMAND)) {
                ours.append(line).append('\n');
            }
        }
        return ours.toString();
    }

    private static String menuOf(final String label) {
        final MenuBar bar = Menus.getMenuBar();
        for (int i = 0; i < bar.getMenuCount(); i++) {
            final String path = pathIn(bar.getMenu(i), label);
            if (path != null) {
                return path;
            }
        }
        throw new IllegalStateException("no menu item " + label);
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

    private static String pathIn(final Menu menu, final String label) {
        for (int i = 0; i < menu.getItemCount(); i++) {
            final MenuItem item = menu.getItem(i);
            if (item instanceof Menu) {
                final String below = pathIn((Menu) item, label);
                if (below != null) {
                    return menu.getLabel() + " > " + below;
                }
            } else if (item.getLabel().equals(label)) {
                found = item;
                return menu.getLabel() + " > " + label;
            }
        }
        return null;
    }

    private static MenuItem found;

    /** Chooses the command as the menu does, and waits for its dialog. */
    private static GenericDialog choose() throws Exception {
        menuOf(COMMAND);
        IJ.getInstance().actionPerformed(
                new ActionEvent(found, ActionEvent.ACTION_PERFORMED, found.getLabel()));
        final GenericDialog dialog = (GenericDialog) showing(GenericDialog.class);
        robot.delay(700);
        return dialog;
    }

    private static Dialog showing(final Class<? extends Dialog> type) throws Exception {
        final Dialog[] dialog = new Dialog[1];
        await("a " + type.getSimpleName(), () -> {
            for (final Window window : Window.getWindows()) {
                if (type.isInstance(window) && window.isShowing()) {
                    dialog[0] = (Dialog) window;
                }
            }
            return dialog[0] != null;
        });
        return dialog[0];
    }

    private static void type(final TextField field, final String text) throws Exception {
        click(field, field.getWidth() / 2);
        press(KeyEvent.VK_END);
        for (int i = field.getText().length(); i > 0; i--) {
            press(KeyEvent.VK_BACK_SPACE);
        }
        for (final char c : text.toCharArray()) {
            press(KeyEvent.getExtendedKeyCodeForChar(c));
        }
        await("'" + text + "' in the field, not '" + field.getText() + "'",
                () -> field.getText().equals(text));
        robot.delay(300);
    }

    private static void press(final int key) {
        robot.keyPress(key);
        robot.keyRelease(key);
    }

    /** Clicks into a component: so far from its left, or into its middle. */
    private static void click(final Component component, final int left) {
        final Point at = component.getLocationOnScreen();
        robot.mouseMove(at.x + (left > 0 ? left : component.getWidth() / 2),
                at.y + component.getHeight() / 2);
        robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
        robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
        robot.delay(200);
    }

    private static <T extends Component> T find(final Container container, final Class<T> type) {
        return all(container, type).get(0);
    }

    private static <T extends Component> List<T> all(final Container container,
            final Class<T> type) {
        final List<T> found = new ArrayList<>();
        for (final Component component : container.getComponents()) {
            if (type.isInstance(component)) {
                found.add(type.cast(component));
            } else if (component instanceof Container) {
                found.addAll(all((Container) component, type));
            }
        }
        return found;
    }

    private static Component named(final Container container, final String simpleName) {
        for (final Component component : container.getComponents()) {
            if (component.getClass().getSimpleName().equals(simpleName)) {
                return component;
            }
            if (component instanceof Container) {
                final Component below = named((Container) component, simpleName);
                if (below != null) {
                    return below;
                }
            }
        }
        return null;
    }

    private static void await(final String what, final Callable<Boolean> condition)
            throws Exception {
        for (int i = 0; i < 300; i++) {
            if (condition.call()) {
                return;
            }
            Thread.sleep(100);
        }
        throw new IllegalStateException("waited in vain for: " + what);
    }

    private static void shoot(final String name, final Rectangle where) throws Exception {
        robot.delay(300);
        ImageIO.write(robot.createScreenCapture(where), "png", new File(seen.toFile(), name));
    }

    private static void write(final String name, final String text) throws Exception {
        Files.write(seen.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
