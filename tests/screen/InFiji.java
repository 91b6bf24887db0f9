/**
 * Starts a Fiji or an ImageJ2, then the visit that is named first. Names no class of ImageJ, which
 * must not be loaded before imagej-legacy has patched it.
 */
public final class InFiji {

    public static void main(final String[] arguments) throws Exception {
        final Class<?> imagej = Class.forName("net.imagej.ImageJ");
        final Object gateway = imagej.getConstructor().newInstance();
        final Object ui = imagej.getMethod("ui").invoke(gateway);
        ui.getClass().getMethod("showUI").invoke(ui);
        final String[] rest = java.util.Arrays.copyOfRange(arguments, 1, arguments.length);
        Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
    }
}
