package org.fijibridge.engine;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which inner loops are better left to the Vector API on this machine: found by measuring, see
 * {@link WarmUp}, and kept in the user's cache directory for the next start.
 */
final class LoopChoice {

    /** Loops that may differ in what suits them. */
    enum Kind {
        BAND_NARROW, BAND_WIDE, SLIDE_NARROW, SLIDE_WIDE;

        static Kind band(final int taps) {
            return taps < LineArithmetic.WIDE ? BAND_NARROW : BAND_WIDE;
        }

        static Kind slide(final int taps) {
            return taps < LineArithmetic.WIDE ? SLIDE_NARROW : SLIDE_WIDE;
        }
    }

    /** System property with the folder where choices are kept; without it they are not. */
    static final String FOLDER = "fijibridge.cache";

    private static final String FILE = "loops.properties";

    /** Counts up with every change of the loops that may change what is faster. */
    private static final int LOOPS = 2;

    final Set<Kind> floats;
    final Set<Kind> doubles;

    LoopChoice(final Set<Kind> floats, final Set<Kind> doubles) {
        this.floats = floats;
        this.doubles = doubles;
    }

    static LoopChoice everything() {
        return new LoopChoice(EnumSet.allOf(Kind.class), EnumSet.allOf(Kind.class));
    }

    boolean isEmpty() {
        return floats.isEmpty() && doubles.isEmpty();
    }

    /** What was found here before; null if nothing was, or it cannot be read. */
    static LoopChoice load() {
        final Path file = file();
        if (file == null) {
            return null;
        }
        final String here = fingerprint();
        final Properties known = read(file);
        final Set<Kind> floats = parse(known.getProperty(here + " float"));
        final Set<Kind> doubles = parse(known.getProperty(here + " double"));
        return floats == null || doubles == null ? null : new LoopChoice(floats, doubles);
    }

    /** Keeps it for the next start, where that can be. */
    void store() {
        final Path file = file();
        if (file == null) {
            return;
        }
        try {
            final Properties known = read(file);
            known.setProperty(fingerprint() + " float", text(floats));
            known.setProperty(fingerprint() + " double", text(doubles));
            Files.createDirectories(file.getParent());
            final Path part = Files.createTempFile(file.getParent(), FILE, ".part");
            try (Writer writer = Files.newBufferedWriter(part, StandardCharsets.UTF_8)) {
                known.store(writer, "Loops of the Vector API that are faster, by processor and Java");
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException | RuntimeException e) {
            // It is measured again at the next start.
        }
    }

    private static Path file() {
        final String folder = System.getProperty(FOLDER);
        return folder == null ? null : Paths.get(folder, FILE);
    }

    private static Properties read(final Path file) {
        final Properties known = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            known.load(reader);
        } catch (final IOException | IllegalArgumentException e) {
            return new Properties();
        }
        return known;
    }

    private static String text(final Set<Kind> kinds) {
        final StringBuilder text = new StringBuilder();
        for (final Kind kind : kinds) {
            text.append(text.length() == 0 ? "" : " ").append(kind.name());
        }
        return text.toString();
    }

    /** Null for what no version of this class has written. */
    private static Set<Kind> parse(final String text) {
        if (text == null) {
            return null;
        }
        final Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        try {
            for (final String name : text.trim().split(" +")) {
                if (!name.isEmpty()) {
                    kinds.add(Kind.valueOf(name));
                }
            }
        } catch (final IllegalArgumentException e) {
            return null;
        }
        return kinds;
    }

    /** What the speed of the loops depends on. */
    private static String fingerprint() {
        return processor() + " / " + System.getProperty("java.vm.name") + " "
                + System.getProperty("java.vm.version") + " / loops " + LOOPS;
    }

    private static String processor() {
        final Path linux = Paths.get("/proc/cpuinfo");
        if (Files.isReadable(linux)) {
            try (Stream<String> lines = Files.lines(linux)) {
                // The name alone is not enough: virtual machines hide what a processor can do.
                return lines.filter(line -> line.startsWith("model name") || line.startsWith("flags"))
                        .limit(2).map(line -> line.startsWith("flags")
                                ? Integer.toHexString(line.hashCode())
                                : line.substring(line.indexOf(':') + 1).trim())
                        .reduce((one, other) -> one + " " + other)
                        .orElse(System.getProperty("os.arch"));
            } catch (final IOException | RuntimeException e) {
                return System.getProperty("os.arch");
            }
        }
        final String windows = System.getenv("PROCESSOR_IDENTIFIER");
        return windows == null ? System.getProperty("os.arch") : windows;
    }
}
