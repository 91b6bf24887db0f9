package org.fijibridge.bridge;

import ij.gui.Roi;
import ij.plugin.frame.RoiManager;
import java.awt.Checkbox;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.ArrayList;
import javax.swing.DefaultListModel;
import javax.swing.JList;

/**
 * ImageJ's ROI Manager where there is no screen.
 *
 * <p>It is a window, which Java does not let be constructed there, although its list of ROIs
 * needs none. So it is made as deserialisation makes objects, without its constructor.
 */
final class HiddenRoiManager extends RoiManager {

    private static final long serialVersionUID = 1;

    private HiddenRoiManager() {}

    /** Makes an empty one. */
    static RoiManager make() {
        final RoiManager manager = bare(HiddenRoiManager.class);
        final DefaultListModel<String> model = new DefaultListModel<>();
        set(manager, "rois", new ArrayList<Roi>());
        set(manager, "listModel", model);
        set(manager, "list", new JList<>(model));
        set(manager, "showAllCheckbox", bare(Checkbox.class));
        set(manager, "labelsCheckbox", bare(Checkbox.class));
        set(manager, "defaultLineWidth", 1);
        set(manager, "translateX", 10.0);
        set(manager, "translateY", 10.0);
        return manager;
    }

    /** ImageJ looks for it by its title as well. */
    @Override
    public String getTitle() {
        return "ROI Manager";
    }

    @Override
    public void setVisible(final boolean visible) {
        // There is no screen.
    }

    @Override
    public void toFront() {
        // There is no screen.
    }

    @Override
    public void repaint() {
        // There is no screen.
    }

    @Override
    public void dispose() {
        // There is no screen.
    }

    private static <T> T bare(final Class<T> type) {
        try {
            final Class<?> factory = Class.forName("sun.reflect.ReflectionFactory");
            final Object made = factory.getMethod("getReflectionFactory").invoke(null);
            final Constructor<?> constructor = (Constructor<?>) factory
                    .getMethod("newConstructorForSerialization", Class.class, Constructor.class)
                    .invoke(made, type, Object.class.getDeclaredConstructor());
            return type.cast(constructor.newInstance());
        } catch (final ReflectiveOperationException missing) {
            throw new IllegalStateException("this Java makes no object without a screen", missing);
        }
    }

    private static void set(final RoiManager manager, final String name, final Object value) {
        try {
            final Field field = RoiManager.class.getDeclaredField(name);
            field.setAccessible(true);
            field.set(manager, value);
        } catch (final NoSuchFieldException older) {
            // Another version of ImageJ manages without it.
        } catch (final IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
