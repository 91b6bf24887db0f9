package org.fijibridge.command;

import ij.ImagePlus;
import java.util.LinkedHashMap;
import java.util.Map;
import org.scijava.command.Command;

/**
 * An operation as a SciJava command, with typed inputs: what CommandService, scripts and PyImageJ
 * run. It computes what the ImageJ command of the same name does, on the image that it is given,
 * and gives new ones, or a report; nothing has to be open. The classes in org.fijibridge.module are generated.
 */
public abstract class OperationModule implements Command {

    private final String name;
    private final Map<String, String> given = new LinkedHashMap<>();

    protected OperationModule(final String name) {
        this.name = name;
    }

    /** Takes an input; one that says nothing keeps its default. */
    protected final void take(final String key, final Object value) {
        if (value != null && !value.toString().isEmpty()) {
            given.put(key, value.toString());
        }
    }

    /** Computes in ImageJ, with the inputs that were taken. */
    protected final ImagePlus compute(final ImagePlus image) {
        final Values values = values();
        try {
            return Batch.command(Operation.of(name).className).process(image, values);
        } catch (final ReflectiveOperationException missing) {
            throw new IllegalStateException(missing);
        }
    }

    /** Lets the installed program compute. */
    protected final ImagePlus[] ask(final ImagePlus image) {
        return ProgramCommand.results(Operation.of(name), image, values())
                .toArray(new ImagePlus[0]);
    }

    /** Lets the installed program report. */
    protected final String report(final ImagePlus image) {
        return ProgramCommand.report(Operation.of(name), image, values());
    }

    private Values values() {
        final Operation operation = Operation.of(name);
        final Operation here = operation.ofFiles("");
        final StringBuilder options = new StringBuilder();
        for (final Map.Entry<String, String> one : given.entrySet()) {
            if (here.field(one.getKey()).isFlag()) {
                options.append(Boolean.parseBoolean(one.getValue()) ? one.getKey() + " " : "");
            } else {
                options.append(one.getKey()).append("=[").append(one.getValue()).append("] ");
            }
        }
        given.clear();
        return Values.parse(operation, options.toString());
    }
}
