package org.fijibridge.command;

import ij.IJ;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.fijibridge.file.CheckedOpener;
import org.fijibridge.plan.Refusal;

/** A batch over a folder and those below: each file gets its row, nothing is passed over. */
final class BatchFolder {

    /** What is done to a file: input and output are given, what went wrong, or "", is returned. */
    interface Task {
        String file(String input, String output, String options, String overwrite);
    }

    /** How names of images end where nothing else is asked for. */
    static final String SUFFIX = ".tif";

    private final Task task;
    private final String ending;
    private final String suffix;
    private final String options;
    private final String overwrite;
    private final Path input;
    private final Path output;
    private final BatchTable table;
    private final Path tablePath;

    /** Folders that are being walked through: a link back to one would never end. */
    private final Set<Path> above = new HashSet<>();

    private int files;
    private int failed;
    private boolean cancelled;

    private BatchFolder(final Task task, final String operation, final String ending,
            final String argument) throws IOException {
        this.task = task;
        this.ending = ending;
        options = Arguments.options(operation, argument);
        overwrite = Arguments.own(argument, "overwrite");
        final String given = Arguments.own(argument, "suffix");
        suffix = given.isEmpty() ? SUFFIX : given;
        input = folder(argument, "input");
        output = folder(argument, "output");
        if (!Files.isDirectory(input)) {
            throw new Refusal("there is no folder " + input);
        }
        Files.createDirectories(output);
        if (Files.isSameFile(input, output)) {
            throw new Refusal("input and output must be two folders");
        }
        tablePath = output.resolve(operation + ".csv");
        table = new BatchTable(tablePath);
    }

    /** Does a folder; what went wrong, or "". */
    static String run(final Task task, final String operation, final String ending,
            final String argument) {
        return Batch.outcome(() -> {
            final BatchFolder batch = new BatchFolder(task, operation, ending, argument);
            IJ.resetEscape();
            batch.walk(batch.input, "");
            batch.judge();
        });
    }

    /**
     * What a batch would do, in no more than a glance: files of a folder and of those below it
     * whose names end so, links not followed.
     */
    static List<Path> files(final Path input, final Path output, final String suffix) {
        try (Stream<Path> all = Files.walk(input)) {
            return all.filter(path -> !path.startsWith(output) && Files.isRegularFile(path)
                    && !hidden(input, path) && path.toString().endsWith(suffix))
                    .sorted().collect(Collectors.toList());
        } catch (final IOException | UncheckedIOException unreadable) {
            throw new Refusal("cannot list " + input + ": " + unreadable.getMessage());
        }
    }

    private static boolean hidden(final Path input, final Path path) {
        for (final Path part : input.relativize(path)) {
            if (part.toString().startsWith(".")) {
                return true;
            }
        }
        return false;
    }

    private static Path folder(final String argument, final String key) {
        final String given = Arguments.own(argument, key);
        if (given.isEmpty()) {
            throw new Refusal("the argument needs " + key + "=");
        }
        return CheckedOpener.path(given).toAbsolutePath();
    }

    private void judge() {
        if (cancelled) {
            throw new Refusal("cancelled after " + files + " files; see " + tablePath);
        }
        if (failed > 0) {
            throw new Refusal(failed + " of " + files + " files failed; see " + tablePath);
        }
        if (files == 0) {
            throw new Refusal("no file in " + input + " ends in " + suffix);
        }
    }

    private void walk(final Path folder, final String below) throws IOException {
        final Path real = folder.toRealPath();
        if (!above.add(real)) {
            add(below, "left out", "a link back to a folder above it");
            return;
        }
        for (final Path path : list(folder, below)) {
            cancelled |= IJ.escapePressed();
            if (cancelled) {
                break;
            }
            final String name = below + path.getFileName();
            if (Files.exists(path) && !path.toFile().exists()) {
                // ImageJ knows paths as texts only, and this one is none here.
                fail(name, "its name cannot be told: " + CheckedOpener.locale());
            } else if (!Files.isDirectory(path)) {
                file(path, name);
            } else if (!Files.isSameFile(path, output)) {
                walk(path, name + "/");
            }
        }
        above.remove(real);
    }

    /** What is in a folder, in order, without hidden files. */
    private List<Path> list(final Path folder, final String below) throws IOException {
        final TreeMap<String, List<Path>> sorted = new TreeMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (final Path path : all) {
                final String name = path.getFileName().toString();
                if (!name.startsWith(".")) {
                    // Names that cannot be told may look alike.
                    sorted.computeIfAbsent(name, key -> new ArrayList<>()).add(path);
                }
            }
        } catch (final IOException unreadable) {
            fail(below, "the folder cannot be listed: " + unreadable);
        }
        final List<Path> paths = new ArrayList<>();
        sorted.values().forEach(paths::addAll);
        return paths;
    }

    private void file(final Path path, final String name) throws IOException {
        if (!name.endsWith(suffix)) {
            add(name, "left out", "its name does not end in " + suffix);
            return;
        }
        IJ.showStatus(name);
        final String stem = name.substring(0, name.length() - suffix.length());
        final Path target = output.resolve(stem + ending);
        if (overwrite.isEmpty() && table.wasDone(name, options) && isThere(target)) {
            files++;
            add(name, "skipped", "done before; give overwrite to do it again");
            return;
        }
        final String problem = task.file(path.toString(), target.toString(), options, overwrite);
        if (problem.isEmpty()) {
            files++;
            add(name, "done", "");
        } else {
            cancelled = problem.equals(Batch.CANCELLED);
            fail(name, problem);
        }
    }

    /** Whether a result exists; one of several images has a name that goes on with a hyphen. */
    private static boolean isThere(final Path target) throws IOException {
        if (Files.exists(target)) {
            return true;
        }
        final String start = target.getFileName().toString().replaceFirst("\\.\\w+$", "-");
        try (DirectoryStream<Path> all = Files.newDirectoryStream(target.getParent(),
                path -> path.getFileName().toString().startsWith(start))) {
            return all.iterator().hasNext();
        }
    }

    private void fail(final String name, final String message) throws IOException {
        files++;
        failed++;
        add(name, "failed", message);
    }

    private void add(final String name, final String status, final String message)
            throws IOException {
        table.add(name, status, message, options);
    }
}
