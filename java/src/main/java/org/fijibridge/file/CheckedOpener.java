package org.fijibridge.file;

import ij.IJ;
import ij.ImagePlus;
import ij.io.Opener;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.Paths;
import org.fijibridge.plan.Refusal;

/** The one way in which macros and batches open a file: whole and as it is meant, or not at all. */
public final class CheckedOpener {

    private CheckedOpener() {}

    /** A path as Java's file systems take it; a refusal where the locale has no such letters. */
    public static Path path(final String text) {
        try {
            return Paths.get(text);
        } catch (final InvalidPathException unmappable) {
            throw new Refusal("cannot use the path " + text + ": " + locale());
        }
    }

    /** What to do about names that cannot be told. */
    public static String locale() {
        return "the locale's encoding of file names (" + System.getProperty("sun.jnu.encoding",
                Charset.defaultCharset().name()) + ") has no such letters; start ImageJ in a UTF-8 "
                + "locale, for example with LC_ALL=C.UTF-8";
    }

    /**
     * Opens an image.
     *
     * @throws Refusal with a sentence that names the file, where it is not whole, of a dialect
     *     that ImageJ would take wrong, or cannot be opened
     */
    public static ImagePlus open(final String name) {
        final Path path = existing(name);
        long planes = 0;
        try {
            if (TiffPages.isTiff(path)) {
                try (TiffPages file = TiffPages.read(path)) {
                    planes = TiffCheck.planes(file);
                    // ImageJ would go on with the planes that it has room for.
                    JavaMemory.check(planes * file.pages.get(0).planeBytes(), name);
                }
            }
        } catch (final IOException unreadable) {
            throw new Refusal("cannot read " + name + ": " + unreadable);
        }
        final ImagePlus imp = byImageJ(name);
        if (imp.getStackSize() < planes) {
            throw new Refusal("cannot read " + name + ": it has " + planes + " planes, and ImageJ "
                    + "opened " + imp.getStackSize() + " of them");
        }
        return imp;
    }

    /** A file that is there; the refusal says so where it is not. */
    private static Path existing(final String name) {
        final Path path = path(name);
        if (!Files.isRegularFile(path)) {
            throw new Refusal("there is no such file: " + name);
        }
        return path;
    }

    /** The file, where it is a TIFF, all dialects of which the program reads; else null. */
    public static Path tiff(final String name) throws IOException {
        final Path path = existing(name);
        return TiffPages.isTiff(path) ? path : null;
    }

    private static ImagePlus byImageJ(final String name) {
        // Errors go to the log instead of a dialog that would stop the batch.
        IJ.redirectErrorMessages(true);
        try {
            final ImagePlus imp = new Opener().openImage(name);
            if (imp == null) {
                final String said = IJ.getErrorMessage();
                // ImageJ's own words have line breaks.
                final String why = said == null ? ""
                        : " (" + said.trim().replaceAll("\\s*\\R\\s*", " ") + ")";
                throw new Refusal("cannot read " + name + ": ImageJ cannot open it" + why);
            }
            return imp;
        } finally {
            IJ.redirectErrorMessages(false);
        }
    }
}
