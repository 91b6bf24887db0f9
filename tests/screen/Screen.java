import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.WindowManager;
import ij.plugin.frame.Recorder;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.Graphics2D;
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
import java.awt.image.BufferedImage;
import java.io.File;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import javax.imageio.ImageIO;
import javax.swing.JButton;
import javax.swing.JComboBox;
import javax.swing.JDialog;
import javax.swing.JRootPane;
import javax.swing.JTextField;

/** A person at the screen of a real ImageJ: menus, mouse, keyboard, eyes. */
final class Screen {

    /** What a person does. */
    interface Visit {
        void run() throws Exception;
    }

    private static Robot robot;
    private static Path seen;
    private static MenuItem found;

    private Screen() {}

    /** Starts ImageJ unless it runs, does all that there is to do, and ends the JVM: with 1 where that failed. */
    static void visit(final String folder, final Visit visit) throws Exception {
        seen = Paths.get(folder);
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failure.printStackTrace());
        if (IJ.getInstance() == null) {
            ImageJ.main(new String[] {"-port0"});
        }
        robot = new Robot();
        robot.setAutoDelay(25);
        int code = 1;
        try {
            visit.run();
            code = 0;
        } catch (final Exception failure) {
            failure.printStackTrace();
            shoot("failure.png", new Rectangle(IJ.getScreenSize()));
        }
        System.exit(code);
    }

    /** A file in the folder of what was seen. */
    static Path file(final String name) {
        return seen.resolve(name);
    }

    static void pause(final int milliseconds) {
        robot.delay(milliseconds);
    }

    static String menuOf(final String label) {
        final MenuBar bar = Menus.getMenuBar();
        for (int i = 0; i < bar.getMenuCount(); i++) {
            final String path = pathIn(bar.getMenu(i), label);
            if (path != null) {
                return path;
            }
        }
        throw new IllegalStateException("no menu item " + label);
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

    /** Chooses a command as the menu does. */
    static void choose(final String command) {
        menuOf(command);
        IJ.getInstance().actionPerformed(
                new ActionEvent(found, ActionEvent.ACTION_PERFORMED, found.getLabel()));
    }

    /** Chooses a command and waits for its dialog. */
    static JDialog dialog(final String command) throws Exception {
        choose(command);
        final JDialog dialog = (JDialog) showing(JDialog.class);
        robot.delay(700);
        return dialog;
    }

    static Dialog showing(final Class<? extends Dialog> type) throws Exception {
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

    /** The button that goes on: OK. */
    static JButton ok(final JDialog dialog) {
        return dialog.getRootPane().getDefaultButton();
    }

    private static String textOf(final Component field) {
        return field instanceof TextField
                ? ((TextField) field).getText() : ((JTextField) field).getText();
    }

    /** Types into a field, of ImageJ's own or of ours. */
    static void type(final Component field, final String text) throws Exception {
        await("the field gets the keyboard", () -> {
            click(field, field.getWidth() / 2);
            return field.isFocusOwner();
        });
        strike(KeyEvent.VK_END);
        for (int i = textOf(field).length(); i > 0; i--) {
            strike(KeyEvent.VK_BACK_SPACE);
        }
        for (final char c : text.toCharArray()) {
            strike(KeyEvent.getExtendedKeyCodeForChar(c));
        }
        await("'" + text + "' in the field, not '" + textOf(field) + "'",
                () -> textOf(field).equals(text));
        robot.delay(300);
    }

    /** Puts a text into a field at once. */
    static void set(final JDialog dialog, final String name, final String text) throws Exception {
        final JTextField field = (JTextField) field(dialog, JTextField.class, name);
        EventQueue.invokeAndWait(() -> field.setText(text));
    }

    /** Chooses an item, as a person does who opens the list. */
    static void select(final JDialog dialog, final String name, final String item)
            throws Exception {
        final JComboBox<?> choice = (JComboBox<?>) field(dialog, JComboBox.class, name);
        EventQueue.invokeAndWait(() -> choice.setSelectedItem(item));
        robot.delay(300);
    }

    static void strike(final int key) {
        robot.keyPress(key);
        robot.keyRelease(key);
    }

    /** Clicks into a component: so far from its left, or into its middle. */
    static void click(final Component component, final int left) {
        final Point at = component.getLocationOnScreen();
        robot.mouseMove(at.x + (left > 0 ? left : component.getWidth() / 2),
                at.y + component.getHeight() / 2);
        robot.mousePress(InputEvent.BUTTON1_DOWN_MASK);
        robot.mouseRelease(InputEvent.BUTTON1_DOWN_MASK);
        robot.delay(200);
    }

    static <T extends Component> T find(final Container container, final Class<T> type) {
        return all(container, type).get(0);
    }

    static <T extends Component> List<T> all(final Container container,
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

    /** The field of a dialog of ours with this key. */
    static <T extends Component> Component field(final Container container, final Class<T> type,
            final String name) {
        for (final T component : all(container, type)) {
            if (name.equals(component.getName())) {
                return component;
            }
        }
        throw new IllegalStateException("no field " + name);
    }

    static Component named(final Container container, final String simpleName) {
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

    static void await(final String what, final Callable<Boolean> condition)
            throws Exception {
        for (int i = 0; i < 900; i++) {
            if (condition.call()) {
                return;
            }
            Thread.sleep(100);
        }
        throw new IllegalStateException("waited in vain for: " + what);
    }

    /** What a private field of a component holds. */
    static Object field(final Component component, final String name) throws Exception {
        final Field field = component.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(component);
    }

    /** What a dialog of ours says below its fields. */
    static String says(final JDialog dialog) throws Exception {
        return (String) field(named(dialog, "StatusPanel"), "text");
    }

    /** Presses a button by what stands on it. */
    static void press(final Dialog dialog, final String label) {
        for (final JButton button : all(dialog, JButton.class)) {
            if (label.equals(button.getText())) {
                click(button, 0);
            }
        }
    }

    /** The one other image that is open, as soon as there is one; windows take turns at the front. */
    static ImagePlus other(final ImagePlus image) throws Exception {
        final ImagePlus[] other = new ImagePlus[1];
        await("another image", () -> {
            for (final int id : WindowManager.getIDList()) {
                if (id != image.getID()) {
                    other[0] = WindowManager.getImage(id);
                }
            }
            return other[0] != null && other[0].getWindow() != null;
        });
        return other[0];
    }

    /**
     * Closes all other images, so that this is the active one: said to ImageJ as its window's
     * activation would, for when that comes later it throws away what could be undone.
     */
    static void closeOthers(final ImagePlus image) throws Exception {
        for (final int id : WindowManager.getIDList()) {
            final ImagePlus other = WindowManager.getImage(id);
            if (id != image.getID() && other != null) {
                other.changes = false;
                other.close();
            }
        }
        image.getWindow().toFront();
        WindowManager.setCurrentWindow(image.getWindow());
        await("one image", () -> WindowManager.getImageCount() == 1
                && WindowManager.getCurrentImage() == image);
    }

    static void cancel(final JDialog dialog) throws Exception {
        press(dialog, "Cancel");
        await("the dialog closes", () -> !dialog.isShowing());
    }

    /** The recorded line of a command, which comes when it has ended; others are about windows. */
    static String recorded(final Recorder recorder, final String command) throws Exception {
        final StringBuilder ours = new StringBuilder();
        await("a recorded line", () -> {
            for (final String line : recorder.getText().split("\n")) {
                if (line.contains(command) && line.endsWith(";")) {
                    ours.append(line).append('\n');
                }
            }
            return ours.length() > 0;
        });
        return ours.toString();
    }

    /** A picture of a dialog of ours, twice as fine as the screen. */
    static void picture(final String name, final JDialog dialog) throws Exception {
        robot.delay(300);
        final JRootPane shown = dialog.getRootPane();
        final BufferedImage image = new BufferedImage(
                2 * shown.getWidth(), 2 * shown.getHeight(), BufferedImage.TYPE_INT_RGB);
        EventQueue.invokeAndWait(() -> {
            final Graphics2D graphics = image.createGraphics();
            graphics.scale(2, 2);
            shown.paint(graphics);
            graphics.dispose();
        });
        ImageIO.write(image, "png", new File(seen.toFile(), name));
    }

    static void shoot(final String name, final Rectangle where) throws Exception {
        robot.delay(300);
        ImageIO.write(robot.createScreenCapture(where), "png", new File(seen.toFile(), name));
    }

    static void write(final String name, final String text) throws Exception {
        Files.write(seen.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }
}
