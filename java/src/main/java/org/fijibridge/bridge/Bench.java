package org.fijibridge.bridge;

import ij.ImagePlus;
import ij.Prefs;
import ij.WindowManager;
import ij.gui.Roi;
import ij.gui.Toolbar;
import ij.macro.Interpreter;
import ij.measure.Measurements;
import ij.measure.ResultsTable;
import ij.plugin.filter.Analyzer;
import ij.plugin.frame.RoiManager;
import java.awt.Color;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Vector;

/**
 * A clean ImageJ for one run: no image open but those that are given, no results, no ROIs,
 * measurements as ImageJ has them at its start. What was there is put back at the end, so that
 * neither sees anything of the other, and the same run gives the same answer twice.
 */
final class Bench {

    private static final int MEASUREMENTS =
            Measurements.AREA + Measurements.MEAN + Measurements.MIN_MAX;

    private final Map<Field, Object> statics = new LinkedHashMap<>();
    private final Locale locale = Locale.getDefault();
    private final ResultsTable results = Analyzer.getResultsTable();
    private final Color foreground = Toolbar.getForegroundColor();
    private final Color background = Toolbar.getBackgroundColor();
    private final RoiManager own = HiddenRoiManager.make();

    /**
     * Clears ImageJ.
     *
     * @param commands classes whose dialogs remember the values of their last call
     */
    Bench(final ImagePlus[] images, final Roi[] rois, final List<Class<?>> commands) {
        remember(Prefs.class);
        remember(Analyzer.class);
        commands.forEach(this::remember);
        remember(Interpreter.class, "imageTable", null);
        remember(Interpreter.class, "imageActivations", null);
        Locale.setDefault(Locale.US);
        Analyzer.setResultsTable(new ResultsTable());
        Analyzer.setUnsavedMeasurements(false);
        Analyzer.setMeasurements(MEASUREMENTS);
        Analyzer.setPrecision(3);
        Analyzer.setRedirectImage(null);
        Toolbar.setForegroundColor(Color.BLACK);
        Toolbar.setBackgroundColor(Color.WHITE);
        remember(RoiManager.class, "instance", own);
        remember(WindowManager.class, "nonImageList", new Vector<>(Collections.singleton(own)));
        for (final Roi roi : rois) {
            own.addRoi(roi);
        }
        Interpreter.batchMode = true;
        // The first is the active one, as if it had been opened last.
        for (int i = images.length - 1; i >= 0; i--) {
            Interpreter.addBatchModeImage(images[i]);
        }
    }

    /** Everything that is open, oldest first. */
    ImagePlus[] images() {
        final int[] ids = Interpreter.getBatchModeImageIDs();
        final ImagePlus[] found = new ImagePlus[ids.length];
        for (int i = 0; i < ids.length; i++) {
            found[i] = Interpreter.getBatchModeImage(ids[i]);
        }
        return found;
    }

    Roi[] rois() {
        return own.getRoisAsArray();
    }

    /** Puts back what was there. */
    void leave() {
        Analyzer.setResultsTable(results);
        Toolbar.setForegroundColor(foreground);
        Toolbar.setBackgroundColor(background);
        Locale.setDefault(locale);
        for (final Map.Entry<Field, Object> entry : statics.entrySet()) {
            put(entry.getKey(), entry.getValue());
        }
    }

    /** Remembers the numbers, flags and texts of a class. */
    private void remember(final Class<?> type) {
        for (final Field field : type.getDeclaredFields()) {
            final int kind = field.getModifiers();
            final boolean plain = field.getType().isPrimitive() || field.getType() == String.class;
            if (Modifier.isStatic(kind) && !Modifier.isFinal(kind) && plain) {
                remember(field);
            }
        }
    }

    private void remember(final Class<?> type, final String name, final Object instead) {
        try {
            final Field field = type.getDeclaredField(name);
            remember(field);
            put(field, instead);
        } catch (final NoSuchFieldException older) {
            // Another version of ImageJ manages without it.
        }
    }

    private void remember(final Field field) {
        try {
            field.setAccessible(true);
            statics.put(field, field.get(null));
        } catch (final IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void put(final Field field, final Object value) {
        try {
            field.set(null, value);
        } catch (final IllegalAccessException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The classes of ImageJ's own commands that a macro names. */
    static List<Class<?>> commandsIn(final String text) {
        final List<Class<?>> found = new ArrayList<>();
        for (final String name : Commands.namedIn(text)) {
            final Class<?> type = Commands.classOf(name);
            if (type != null && type.getName().startsWith("ij.")) {
                found.add(type);
            }
        }
        return found;
    }
}
