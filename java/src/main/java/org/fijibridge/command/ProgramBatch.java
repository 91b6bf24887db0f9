package org.fijibridge.command;

import ij.ImagePlus;
import ij.WindowManager;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import org.fijibridge.plan.Refusal;

/** As {@link Batch}, for an operation that the installed program computes. */
public final class ProgramBatch {

    private ProgramBatch() {}

    /**
     * Opens a file, lets the program compute and write the result. A report is written as text.
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
            final Path target = Paths.get(output).toAbsolutePath();
            Files.createDirectories(target.getParent());
            if (operation.isReport()) {
                Batch.checkTarget(target, replace);
            }
            final ImagePlus imp = input.isEmpty() ? active() : Batch.open(input);
            try (Program program = new Program()) {
                if (operation.isReport()) {
                    write(ProgramCommand.run(program, operation, imp, null, values, false), target);
                } else {
                    ProgramCommand.run(program, operation, imp, target, values, replace);
                }
            }
        });
    }

    private static ImagePlus active() {
        final ImagePlus imp = WindowManager.getCurrentImage();
        if (imp == null) {
            throw new Refusal("there are no images open");
        }
        return imp;
    }

    private static void write(final String text, final Path target) throws IOException {
        final Path part = Files.createTempFile(target.getParent(), "." + target.getFileName(), "");
        try {
            Files.write(part, (text + "\n").getBytes(StandardCharsets.UTF_8));
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
