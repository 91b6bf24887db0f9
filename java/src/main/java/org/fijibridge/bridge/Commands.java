package org.fijibridge.bridge;

import ij.IJ;
import ij.Menus;
import ij.plugin.filter.ExtendedPlugInFilter;
import ij.plugin.filter.PlugInFilter;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** ImageJ 1.x's table of commands: labels of menu entries and the classes behind them. */
public final class Commands {

    /** A line of plugins.config: menu, "label", class. */
    private static final Pattern ENTRY = Pattern.compile("[^#\"]*,\\s*\"([^\"]+)\",\\s*(\\S+)\\s*");

    private static final Pattern CALL = Pattern.compile("\\brun\\s*\\(\\s*([\"'])(.*?)\\1");

    private Commands() {}

    /** Makes sure that ImageJ finds our commands, also where our jar is in no plugins folder. */
    @SuppressWarnings("unchecked")
    public static void prepare() {
        if (Menus.getCommands() == null) {
            // In the patched ImageJ the first macro builds the table of commands.
            IJ.runMacro("");
        }
        // Not by the class loader, which would find any jar's; nor by the code source, which
        // classes of a jar that was added to a running JVM do not have.
        final String own = Commands.class.getResource("Commands.class").toString();
        final String root = own.substring(0,
                own.length() - Commands.class.getName().length() - ".class".length());
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new URL(root + "plugins.config").openStream(), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                final Matcher entry = ENTRY.matcher(line);
                if (entry.matches()) {
                    Menus.getCommands().putIfAbsent(entry.group(1), entry.group(2));
                }
            }
        } catch (final IOException unreadable) {
            throw new IllegalStateException("cannot read plugins.config", unreadable);
        }
    }

    /** All labels. */
    public static String[] labels() {
        prepare();
        final Object[] keys = Menus.getCommands().keySet().toArray();
        final String[] labels = new String[keys.length];
        for (int i = 0; i < keys.length; i++) {
            labels[i] = keys[i].toString();
        }
        return labels;
    }

    /** Whether a command handles one plane at a time, and all of them where it is told "stack". */
    public static boolean isFilter(final String label) {
        prepare();
        final Class<?> type = classOf(label);
        return type != null && PlugInFilter.class.isAssignableFrom(type);
    }

    /** Whether a command is a filter that may ask for values in a dialog. */
    static boolean asks(final String label) {
        final Class<?> type = classOf(label);
        return type != null && ExtendedPlugInFilter.class.isAssignableFrom(type);
    }

    /** The class behind a label, or null. */
    static Class<?> classOf(final String label) {
        final Object entry = Menus.getCommands().get(label);
        if (entry == null) {
            return null;
        }
        final String name = entry.toString().replaceFirst("\\(.*", "");
        try {
            return Class.forName(name, true, IJ.getClassLoader());
        } catch (final ClassNotFoundException | LinkageError screenOnly) {
            return null;
        }
    }

    /** The labels that a macro's text runs by their name. */
    static Set<String> namedIn(final String text) {
        final Set<String> names = new LinkedHashSet<>();
        for (final Matcher call = CALL.matcher(text); call.find(); ) {
            names.add(call.group(2));
        }
        return names;
    }
}
