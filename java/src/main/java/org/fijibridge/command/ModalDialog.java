package org.fijibridge.command;

import ij.IJ;
import ij.Prefs;
import ij.gui.GUI;
import java.awt.BorderLayout;
import java.awt.Component;
import java.awt.Container;
import java.awt.Dialog;
import java.awt.EventQueue;
import java.awt.FlowLayout;
import java.awt.Font;
import java.awt.Rectangle;
import java.awt.event.KeyEvent;
import java.lang.reflect.InvocationTargetException;
import javax.swing.BorderFactory;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JOptionPane;
import javax.swing.JPanel;
import javax.swing.KeyStroke;
import javax.swing.UIManager;
import javax.swing.UnsupportedLookAndFeelException;
import javax.swing.WindowConstants;

/**
 * A dialog with OK, Cancel and Help, in the look that ImageJ or Fiji has. Return is OK and Esc
 * Cancel, wherever the keyboard is.
 */
final class ModalDialog {

    private static final int MARGIN = 14;

    private static boolean dressed;

    private final JDialog dialog;
    private final JButton ok;
    private boolean accepted;

    /**
     * @param content what is asked
     * @param okLabel what stands on the button that goes on
     * @param help HTML, or null
     */
    ModalDialog(final String title, final JComponent content, final String okLabel,
            final String help) {
        dialog = new JDialog(IJ.getInstance(), title, Dialog.ModalityType.APPLICATION_MODAL);
        dialog.setDefaultCloseOperation(WindowConstants.DISPOSE_ON_CLOSE);
        final JPanel buttons = new JPanel(new FlowLayout(FlowLayout.RIGHT, 6, 0));
        if (help != null) {
            final JButton more = new JButton("Help");
            more.addActionListener(event -> JOptionPane.showMessageDialog(
                    dialog, help, title, JOptionPane.PLAIN_MESSAGE));
            buttons.add(more);
        }
        final JButton cancel = new JButton("Cancel");
        cancel.addActionListener(event -> dialog.dispose());
        ok = new JButton(okLabel);
        ok.addActionListener(event -> {
            accepted = true;
            dialog.dispose();
        });
        buttons.add(cancel);
        buttons.add(ok);
        final JPanel all = new JPanel(new BorderLayout(0, MARGIN));
        all.setBorder(BorderFactory.createEmptyBorder(MARGIN, MARGIN, MARGIN, MARGIN));
        all.add(content, BorderLayout.CENTER);
        all.add(buttons, BorderLayout.SOUTH);
        scale(all, Prefs.getGuiScale());
        dialog.setContentPane(all);
        dialog.getRootPane().setDefaultButton(ok);
        dialog.getRootPane().registerKeyboardAction(event -> dialog.dispose(),
                KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0),
                JComponent.WHEN_IN_FOCUSED_WINDOW);
    }

    /** Makes and changes Swing's components, on the thread that they want. */
    static void onScreen(final Runnable work) {
        dress();
        if (EventQueue.isDispatchThread()) {
            work.run();
            return;
        }
        try {
            EventQueue.invokeAndWait(work);
        } catch (final InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (final InvocationTargetException failed) {
            if (failed.getCause() instanceof RuntimeException) {
                throw (RuntimeException) failed.getCause();
            }
            throw new IllegalStateException(failed.getCause());
        }
    }

    /** A plain ImageJ has chosen no look: the system's on Windows, elsewhere Java's, less bold. */
    private static void dress() {
        if (dressed || !UIManager.getLookAndFeel().getName().equals("Metal")) {
            return;
        }
        dressed = true;
        UIManager.put("swing.boldMetal", Boolean.FALSE);
        try {
            UIManager.setLookAndFeel(IJ.isWindows() ? UIManager.getSystemLookAndFeelClassName()
                    : UIManager.getLookAndFeel().getClass().getName());
        } catch (final ReflectiveOperationException | UnsupportedLookAndFeelException none) {
            IJ.log("no look of the system: " + none);
        }
    }

    private static void scale(final Component component, final double factor) {
        final Font font = component.getFont();
        if (factor != 1 && font != null) {
            component.setFont(font.deriveFont((float) (factor * font.getSize2D())));
        }
        if (component instanceof Container) {
            for (final Component child : ((Container) component).getComponents()) {
                scale(child, factor);
            }
        }
    }

    /** Shows it, and waits; true for OK. */
    boolean ask() {
        onScreen(() -> {
            dialog.pack();
            dialog.setLocationRelativeTo(null);
        });
        dialog.setVisible(true);
        return accepted;
    }

    /** Whether one may go on. */
    void setReady(final boolean ready) {
        ok.setEnabled(ready);
    }

    boolean isVisible() {
        return dialog.isVisible();
    }

    /** Makes room for what has grown, within the screen. */
    void pack() {
        dialog.pack();
        final Rectangle screen = GUI.getMaxWindowBounds(dialog);
        final Rectangle now = dialog.getBounds();
        final int x = Math.min(now.x, screen.x + screen.width - now.width);
        final int y = Math.min(now.y, screen.y + screen.height - now.height);
        if (x != now.x || y != now.y) {
            dialog.setLocation(Math.max(screen.x, x), Math.max(screen.y, y));
        }
    }
}
