package org.fijibridge.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.fijibridge.file.CheckedOpener;

/** As {@link Batch}, for an operation that the installed program computes. */
public final class ProgramBatch {

    private ProgramBatch() {}

    /**
     * Lets the program compute and write the result; it reads TIFF files itself. A report is written as text.
     *
     * @param name of the operation
     * @param input a file, or "" for the active image
     * @param output as the program takes it; of several images each gets its own file
     * @param options as in a recorded line
     * @param overwrite "true" if existing files may be replaced
     * @return what went wrong, or ""
     */
    public static String file(final String name, final String input, final String output,
            final String options, final String overwrite) {
        return Batch.outcome(() -> {
            final Operation operation = Operation.of(name);
            final Values values = Values.parse(operation, options);
            final boolean replace = overwrite.equals("true");
            final Path target = CheckedOpener.path(output).toAbsolutePath();
            Files.createDirectories(target.getParent());
            if (operation.isReport()) {
                Batch.checkTarget(target, replace);
            }
            final Path own = input.isEmpty() ? null : CheckedOpener.tiff(input);
            final Path result = operation.isReport() ? null : target;
            try (Program program = new Program()) {
                final String said = own != null
                        ? ProgramCommand.run(program, operation, own, result, values, replace)
                        : ProgramCommand.run(program, operation,
                                input.isEmpty() ? Batch.active() : CheckedOpener.open(input),
                                result, values, replace);
                if (operation.isReport()) {
                    write(said, target);
                }
            }
        });
    }

    /** As {@link Batch#apply}. */
    public static String apply(final String name, final String options) {
        return Batch.outcome(() -> {
            final Operation operation = Operation.of(name);
            ProgramCommand.compute(operation, Batch.active(), Values.parse(operation, options));
        });
    }

    /** As {@link Batch#folder}. */
    public static String folder(final String operation, final String name, final String ending,
            final String argument) {
        return BatchFolder.run((input, output, options, overwrite) ->
                file(name, input, output, options, overwrite), operation, ending, argument);
    }

    private static void write(final String text, final Path target) throws IOException {
        final Path part = Batch.part(target, ".txt");
        try {
            Files.write(part, (text + "\n").getBytes(StandardCharsets.UTF_8));
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
