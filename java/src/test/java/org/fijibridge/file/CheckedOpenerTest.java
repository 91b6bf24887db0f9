package org.fijibridge.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import ij.io.FileSaver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.fijibridge.plan.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that ImageJ opens otherwise than they are meant are refused; the others are opened. */
@Timeout(60)
class CheckedOpenerTest {

    private static final int SIDE = 16;

    @TempDir
    private Path folder;

    /** ImageJ's own stack: one directory for all planes. */
    private byte[] stack() throws IOException {
        final ImagePlus imp = IJ.createImage("stack", "16-bit ramp", SIDE, SIDE, 5);
        final Path path = folder.resolve("stack.tif");
        new FileSaver(imp).saveAsTiffStack(path.toString());
        return Files.readAllBytes(path);
    }

    private Path put(final byte[] content) throws IOException {
        return Files.write(folder.resolve("a.tif"), content);
    }

    private String refusal(final byte[] content) throws IOException {
        final Path path = put(content);
        final String said = assertThrows(Refusal.class,
                () -> CheckedOpener.open(path.toString())).getMessage();
        assertTrue(said.startsWith("cannot read " + path + ": "), said);
        return said;
    }

    /** A page of one strip; the description may be empty. More tags: code, type, count, value. */
    private static byte[] page(final String description, final int compression,
            final byte[] strip, final int[]... more) {
        final byte[] text = (description + "\0").getBytes(StandardCharsets.UTF_8);
        final int[][] usual = {
            {256, 4, 1, SIDE}, {257, 4, 1, SIDE}, {258, 4, 1, 8}, {259, 4, 1, compression},
            {262, 4, 1, 1}, {270, 2, text.length, 8 + strip.length}, {273, 4, 1, 8},
            {277, 4, 1, 1}, {278, 4, 1, SIDE}, {279, 4, 1, strip.length},
        };
        final int[][] tags = Arrays.copyOf(usual, usual.length + more.length);
        System.arraycopy(more, 0, tags, usual.length, more.length);
        final int directory = 8 + strip.length + text.length;
        final ByteBuffer file = ByteBuffer.allocate(directory + 2 + 12 * tags.length + 4);
        file.put((byte) 'M').put((byte) 'M').putShort((short) 42).putInt(directory);
        file.put(strip).put(text).putShort((short) tags.length);
        for (final int[] tag : tags) {
            file.putShort((short) tag[0]).putShort((short) tag[1]).putInt(tag[2]).putInt(tag[3]);
        }
        file.putInt(0);
        return file.array();
    }

    private static byte[] deflated(final int length) throws IOException {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream output = new DeflaterOutputStream(packed)) {
            for (int i = 0; i < length; i++) {
                output.write(i * i);
            }
        }
        return packed.toByteArray();
    }

    private static byte[] packed(final byte[] strip) {
        return page("a photograph", 8, strip);
    }

    @Test
    void aWholeStackIsOpened() throws IOException {
        final ImagePlus imp = CheckedOpener.open(put(stack()).toString());
        assertEquals(5, imp.getStackSize());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100, 512, 513, 1500})
    void aStackThatIsCutOffIsRefusedWithItsPlanes(final int missing) throws IOException {
        final byte[] content = stack();
        assertTrue(refusal(Arrays.copyOf(content, content.length - missing))
                .contains("cut off"));
    }

    /** Codes of nine bits, as they stand in a strip. */
    private static byte[] lzw(final int... codes) {
        final byte[] strip = new byte[(codes.length * 9 + 7) / 8];
        for (int bit = 0; bit < codes.length * 9; bit++) {
            strip[bit / 8] |= (byte) ((codes[bit / 9] >> 8 - bit % 9 & 1) << 7 - bit % 8);
        }
        return strip;
    }

    /** ImageJ takes what comes, and leaves the rest black. */
    @Test
    void damagedLzwIsRefused() throws IOException {
        final int[] codes = new int[SIDE * SIDE + 4];
        for (int i = 0, at = 0; i < SIDE * SIDE; i++) {
            if (i % 128 == 0) {
                codes[at++] = 256;
            }
            codes[at++] = i;
        }
        codes[codes.length - 2] = 257;
        final ImagePlus whole = CheckedOpener.open(put(page("", 5, lzw(codes))).toString());
        for (int i = 0; i < SIDE * SIDE; i++) {
            assertEquals(i, whole.getProcessor().get(i));
        }
        final int[] ended = codes.clone();
        ended[101] = 257;
        assertTrue(refusal(page("", 5, lzw(ended))).contains("unpacks to 100 bytes and needs 256"));
        assertTrue(refusal(page("", 5, Arrays.copyOf(lzw(codes), 200))).contains("unpacks to"));
        final int[] unknown = codes.clone();
        unknown[50] = 400;
        assertTrue(refusal(page("", 5, lzw(unknown))).contains("a code of LZW"));
        final int[] unclear = codes.clone();
        unclear[0] = 1;
        assertTrue(refusal(page("", 5, lzw(unclear))).contains("a code of LZW"));
    }

    /** Where the value of a tag of the first page stands in a file. */
    private static int entry(final ByteBuffer file, final int code) {
        final int directory = file.getInt(4);
        for (int n = 0; n < file.getShort(directory); n++) {
            final int at = directory + 2 + 12 * n;
            if ((file.getShort(at) & 0xFFFF) == code) {
                return at;
            }
        }
        throw new AssertionError("no tag " + code);
    }

    private static ByteBuffer buffer(final byte[] content) {
        return ByteBuffer.wrap(content).order(content[0] == 'I'
                ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    }

    /** ImageJ took gigabytes, or minutes, for a file of some kilobytes. */
    @Test
    void lengthsThatImageJWouldTakeMemoryForAreRefused() throws IOException {
        final ImagePlus labelled = IJ.createImage("stack", "8-bit ramp", SIDE, SIDE, 3);
        labelled.setProperty("Info", "some info");
        labelled.getStack().setSliceLabel("first", 1);
        final Path path = folder.resolve("labelled.tif");
        new FileSaver(labelled).saveAsTiffStack(path.toString());
        final byte[] content = Files.readAllBytes(path);
        assertEquals("some info", CheckedOpener.open(put(content).toString())
                .getInfoProperty());

        final byte[] lengths = content.clone();
        final ByteBuffer first = buffer(lengths);
        first.putInt(first.getInt(entry(first, 50838) + 8) + 4, 0x20000016);
        assertTrue(refusal(lengths).contains("bytes by their lengths"));

        final byte[] numbers = content.clone();
        final ByteBuffer second = buffer(numbers);
        second.putInt(second.getInt(entry(second, 50839) + 8) + 8, 0x20000000);
        assertTrue(refusal(numbers).contains("entries by their header"));

        labelled.setRoi(new ij.gui.PolygonRoi(new int[] {1, 5, 3}, new int[] {1, 2, 7}, 3,
                ij.gui.Roi.POLYGON));
        new FileSaver(labelled).saveAsTiffStack(path.toString());
        final byte[] points = Files.readAllBytes(path);
        assertEquals(3, CheckedOpener.open(put(points).toString()).getRoi().getPolygon().npoints);
        final int roi = new String(points, StandardCharsets.ISO_8859_1).indexOf("Iout");
        ByteBuffer.wrap(points).putShort(roi + 16, (short) 0).putInt(roi + 18, 0x30000000);
        assertTrue(refusal(points).contains("bytes by its points"));

        final byte[] software = content.clone();
        final ByteBuffer third = buffer(software);
        final int other = entry(third, 277);
        third.putShort(other, (short) 305).putInt(other + 4, 0x15000000);
        assertTrue(refusal(software).contains("tag 305 of page 1 has"));
    }

    /** As ImageJ writes stacks above 4 GB: the other planes follow, and have no directories. */
    @Test
    void planesBehindOneDirectoryAreCounted() throws IOException {
        final byte[] content = stack();
        final ByteBuffer file = buffer(content);
        final int tags = file.getInt(4);
        file.putInt(tags + 2 + 12 * file.getShort(tags), 0);
        final int end;
        try (TiffPages pages = TiffPages.read(put(content))) {
            assertEquals(1, pages.pages.size());
            end = (int) pages.pages.get(0).offsets[0] + 5 * SIDE * SIDE * 2;
        }
        final Path whole = put(Arrays.copyOf(content, end));
        assertEquals(5, CheckedOpener.open(whole.toString()).getStackSize());
        final String said = refusal(Arrays.copyOf(content, end - 1));
        assertTrue(said.contains("5 planes need") && said.endsWith(", 4 whole planes"), said);
    }

    @Test
    void aDeflatedPageIsOpenedAsItIs() throws IOException {
        final ImagePlus imp = CheckedOpener.open(
                put(packed(deflated(SIDE * SIDE))).toString());
        assertEquals(9, imp.getProcessor().get(3, 0));
    }

    @Test
    void deflatedDataWithoutAnEndAreRefused() throws IOException {
        final byte[] whole = deflated(SIDE * SIDE);
        for (int length = 1; length < whole.length; length += 7) {
            assertTrue(refusal(packed(Arrays.copyOf(whole, length))).contains("have no end"));
        }
        final byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 0x55;
        assertTrue(refusal(packed(damaged)).contains("damaged or unsupported TIFF (strip 1 of 1")
                || refusal(packed(damaged)).contains("unpacks to")
                || refusal(packed(damaged)).contains("have no end"));
    }

    @Test
    void deflatedDataOfAnotherSizeAreRefused() throws IOException {
        assertTrue(refusal(packed(deflated(SIDE * SIDE - 1))).contains("255 bytes and needs 256"));
        assertTrue(refusal(packed(deflated(SIDE * SIDE * 100))).contains("more than the 256"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "an OME-TIFF|<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/\"></OME>",
        "a SCIFIO TIFF|SCIFIO=0.41.0\naxes=X,Y,Channel,Z\nlengths=16,16,2,5\n",
        "a TIFF of tifffile|{\"shape\": [1, 16, 16], \"axes\": \"ZYX\", \"unit\": \"um\"}",
        "a TIFF of tifffile|{\"shape\": [2, 5, 16, 16]}",
        "a TIFF of tifffile|{\"shape\": [2, 16, 16], \"axes\": \"CYX\"}",
    })
    void anotherDialectIsNamedWithItsRemedy(final String text) throws IOException {
        final String[] parts = text.split("\\|");
        final String said = refusal(page(parts[1], 1, new byte[SIDE * SIDE]));
        assertTrue(said.contains("it is " + parts[0]) && said.contains("fiji-bridge"), said);
    }

    /** As a tag of their own says, or the four letters that fit into the software's. */
    @ParameterizedTest
    @CsvSource({
        "34412, a Zeiss LSM file", "34362, an Olympus FluoView file",
        "33560, an Olympus SIS file", "33471, an Olympus SIS file",
        "33628, a MetaMorph STK file", "33445, a Molecular Dynamics GEL file",
    })
    void filesOfMicroscopesAreNamedByTheirTags(final int tag, final String name)
            throws IOException {
        final byte[] strip = new byte[SIDE * SIDE];
        assertTrue(refusal(page("", 1, strip, new int[] {tag, 4, 1, 9})).contains("it is " + name));
    }

    @Test
    void filesOfScanImageAreNamedByTheirSoftware() throws IOException {
        final byte[] strip = new byte[SIDE * SIDE];
        final int[] software = {305, 2, 4, 'S' << 24 | 'I' << 16 | '.' << 8};
        assertTrue(refusal(page("", 1, strip, software)).contains("it is a ScanImage TIFF"));
    }

    /** ImageJ takes -1 for 255. */
    @Test
    void signedBytesAreRefused() throws IOException {
        final byte[] strip = new byte[SIDE * SIDE];
        CheckedOpener.open(put(page("", 1, strip, new int[] {339, 4, 1, 1})).toString());
        assertTrue(refusal(page("", 1, strip, new int[] {339, 4, 1, 2})).contains("signed bytes"));
    }

    /** Java makes up what is missing of one. */
    @Test
    void aJpegPictureWithoutAnEndIsRefused() throws IOException {
        final ByteArrayOutputStream made = new ByteArrayOutputStream();
        ImageIO.write(IJ.createImage("a", "8-bit ramp", SIDE, SIDE, 1).getBufferedImage(), "jpg",
                made);
        final byte[] whole = made.toByteArray();
        CheckedOpener.open(put(page("", 7, whole)).toString());
        final byte[] half = Arrays.copyOf(Arrays.copyOf(whole, whole.length - 10), whole.length);
        assertTrue(refusal(page("", 7, half)).contains("strip 1 of 1 of page 1 has no end"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "OME", "{\"shape\": [16, 16]}", "{\"shape\": [1, 1, 16, 16]}"})
    void descriptionsThatSayNoMoreThanImageJKnowsAreNone(final String text) throws IOException {
        CheckedOpener.open(put(page(text, 1, new byte[SIDE * SIDE])).toString());
    }

    /** ImageJ would open those that it has room for, and call it the image. */
    @Test
    void whatDoesNotFitIntoMemoryIsRefused() throws IOException {
        final long planes = 2 * IJ.maxMemory() / (SIDE * SIDE);
        final Path path = put(page("ImageJ=1.54p\nimages=" + planes + "\n", 1,
                new byte[SIDE * SIDE]));
        final long at = Files.size(path);
        // Behind the directory, and with a hole instead of samples.
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.seek(entry(buffer(Files.readAllBytes(path)), 273) + 8);
            file.writeInt((int) at);
            file.setLength(at + planes * SIDE * SIDE);
        }
        final String said = assertThrows(Refusal.class,
                () -> CheckedOpener.open(path.toString())).getMessage();
        assertTrue(said.startsWith(path + " needs ") && said.contains(" are free"), said);
    }

    @Test
    void planesThatAreSaidAndMissingAreRefused() throws IOException {
        assertTrue(refusal(page("ImageJ=1.54p\nimages=7\n", 1, new byte[SIDE * SIDE]))
                .contains("7 planes need"));
        assertTrue(refusal(page("ImageJ=1.54p\nimages=7\n", 8, deflated(SIDE * SIDE)))
                .contains("says images=7 and has 1 pages; 6 are missing"));
    }

    @Test
    void aCircleOfDirectoriesEnds() throws IOException {
        final byte[] content = page("", 1, new byte[SIDE * SIDE]);
        System.arraycopy(content, 4, content, content.length - 4, 4);
        assertTrue(refusal(content).contains("circle after page 1"));
    }

    @Test
    void everyLengthOfAFileIsRefusedOrWhole() throws IOException {
        final byte[] content = page("", 1, new byte[SIDE * SIDE]);
        for (int length = 8; length < content.length; length++) {
            refusal(Arrays.copyOf(content, length));
        }
    }

    @Test
    void whatIsNoTiffIsLeftToImageJ() throws IOException {
        final Path path = put("no image".getBytes(StandardCharsets.UTF_8));
        final String said = assertThrows(Refusal.class, () -> CheckedOpener.open(path.toString()))
                .getMessage();
        assertTrue(said.startsWith("cannot read " + path + ": ImageJ cannot open it ("), said);
        assertEquals(1, said.split("\\R").length, said);
    }
}
