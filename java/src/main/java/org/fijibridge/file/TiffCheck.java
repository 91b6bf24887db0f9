package org.fijibridge.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Whether ImageJ will find all samples that a TIFF claims, where it looks for them. ImageJ takes
 * fewer planes of a file that is cut off, mixes up planes that do not follow each other, and its
 * decoder of deflate never ends where a stream does not.
 */
final class TiffCheck {

    private static final Pattern IMAGES = Pattern.compile("(?m)^images=(\\d+)\\s*$");

    /** Bytes that one byte can stand for, by the definition of LZW and of PackBits. */
    private static final int LZW = 5;
    private static final int MOST_BY_LZW = 2560;
    private static final int PACK_BITS = 32773;
    private static final int MOST_BY_PACK_BITS = 64;
    private static final int JPEG = 7;

    /** Of ImageJ's metadata: other headers it passes over. */
    private static final int LEAST_HEADER = 12;
    private static final int MOST_HEADER = 804;
    private static final int MAGIC = 0x494A494A;

    private static final int ROI = 0x726F6920;
    private static final int OVERLAY = 0x6F766572;
    private static final int ROI_HEADER = 64;
    private static final int RECTANGLE = 1;

    /** Of ij.io.RoiDecoder: polygons, lines of many points, traces, angles, points. */
    private static final List<Integer> WITH_POINTS = Arrays.asList(0, 4, 5, 7, 8, 9, 10);

    private TiffCheck() {}

    /** Refuses what ImageJ would take wrong; how many planes the file has. */
    static long planes(final TiffPages file) throws IOException {
        final TiffPage first = file.pages.get(0);
        final String foreign = Dialect.foreign(first);
        if (foreign != null) {
            throw file.refusal("it is " + foreign + ", of which ImageJ alone would mix up the "
                    + "axes and lose the units; " + Dialect.REMEDY);
        }
        if (first.tiled) {
            throw file.refusal("it is a tiled TIFF, which ImageJ alone cannot open; "
                    + Dialect.REMEDY);
        }
        if (first.signedBytes()) {
            throw file.refusal("its samples are signed bytes, of which ImageJ alone makes unsigned "
                    + "ones; " + Dialect.REMEDY);
        }
        for (final TiffPage page : file.pages) {
            strips(file, page);
            metadata(file, page);
            if (!page.kind().equals(first.kind())) {
                throw file.refusal("it holds images of different size or kind (page 1: "
                        + first.kind() + "; page " + page.number + ": " + page.kind()
                        + "); save the one you want to a file of its own");
            }
        }
        return first.description.startsWith("ImageJ=") ? said(file, first) : file.pages.size();
    }

    private static long said(final TiffPages file, final TiffPage first) {
        final int pages = file.pages.size();
        final Matcher line = IMAGES.matcher(first.description);
        final long said = !line.find() ? 1
                : line.group(1).length() > 10 ? Integer.MAX_VALUE : Long.parseLong(line.group(1));
        final boolean plain = first.compression == TiffPage.UNCOMPRESSED;
        if (said > pages && pages == 1 && plain) {
            run(file, first, said);
            return said;
        }
        if (said > pages) {
            throw file.refusal("it says images=" + said + " and has " + pages + " pages; "
                    + (said - pages) + " are missing");
        }
        if (said > 1 && plain && (said != pages || !follow(file))) {
            throw file.refusal("it says images=" + said + ", and its " + pages + " pages do not "
                    + "follow each other as ImageJ takes it; " + Dialect.REMEDY);
        }
        return pages;
    }

    /** Planes of which only the first has a directory: above 4 GB there is no other way. */
    private static void run(final TiffPages file, final TiffPage page, final long count) {
        final long start = page.offsets[0];
        final double end = start + (double) count * page.planeBytes();
        if (end > file.size) {
            throw file.refusal(String.format(java.util.Locale.ROOT, "it is cut off, %d planes need "
                    + "%.0f bytes and it has %d, %d whole planes", count, end, file.size,
                    Math.max(0, file.size - start) / page.planeBytes()));
        }
        if (start < page.end && page.start < end) {
            throw file.refusal("it says images=" + count + " and has one page, whose directory "
                    + "stands where the planes would be; the planes do not follow each other");
        }
    }

    /** Whether the planes lie one behind the other: ImageJ goes by the place of the first one. */
    private static boolean follow(final TiffPages file) {
        long position = file.pages.get(0).offsets[0];
        for (final TiffPage page : file.pages) {
            for (int i = 0; i < page.offsets.length; i++) {
                if (page.offsets[i] != position) {
                    return false;
                }
                position += page.unpacked(i);
            }
        }
        return true;
    }

    private static void strips(final TiffPages file, final TiffPage page) throws IOException {
        final long wanted = page.strips();
        final int counted = page.counts.length;
        if (page.offsets.length != wanted || counted != wanted && counted != 0) {
            throw file.refusal("page " + page.number + " should have " + wanted + " strips, but "
                    + "the file lists " + page.offsets.length + " places and " + counted
                    + " lengths");
        }
        final boolean plain = page.compression == TiffPage.UNCOMPRESSED;
        if (counted == 0 && !plain) {
            throw file.refusal("the lengths of the strips of page " + page.number + " are missing");
        }
        for (int i = 0; i < wanted; i++) {
            final long unpacked = page.unpacked(i);
            final long length = counted == 0 ? unpacked : page.counts[i];
            final String what = "strip " + (i + 1) + " of " + wanted + " of page " + page.number;
            if (page.offsets[i] == 0 || length == 0) {
                throw file.refusal(what + " has no samples in the file");
            }
            if (plain && length < unpacked) {
                throw file.refusal(what + " has " + length + " bytes and needs " + unpacked);
            }
            if (page.offsets[i] < 8 || page.offsets[i] + length > file.size) {
                throw file.refusal("it is cut off or damaged, " + what + " ends at byte "
                        + (page.offsets[i] + length) + " and the file at " + file.size);
            }
            final long most = page.compression == LZW ? MOST_BY_LZW
                    : page.compression == PACK_BITS ? MOST_BY_PACK_BITS : Long.MAX_VALUE / length;
            if (length * most < unpacked) {
                throw file.refusal(what + " has " + length + " bytes, which cannot hold the "
                        + unpacked + " bytes of samples that the page claims");
            }
            if (page.compression == 8 || page.compression == 32946) {
                inflate(file, page, i, what);
            } else if (page.compression == LZW) {
                Lzw.check(file, page, i, what);
            } else if (page.compression == JPEG && !ends(file, page, i, what)) {
                throw file.refusal("it is cut off or damaged, the JPEG picture in " + what
                        + " has no end");
            }
        }
    }

    /** Whether a JPEG picture has its end marker, which its samples cannot contain: Java fills up. */
    private static boolean ends(final TiffPages file, final TiffPage page, final int strip,
            final String what) throws IOException {
        final long end = page.offsets[strip] + page.counts[strip];
        int before = 0;
        for (long from = page.offsets[strip]; from < end; from += 1 << 16) {
            final ByteBuffer bytes = file.bytes(from, (int) Math.min(1 << 16, end - from), what);
            while (bytes.hasRemaining()) {
                final int now = bytes.get() & 0xFF;
                if (before == 0xFF && now == 0xD9) {
                    return true;
                }
                before = now;
            }
        }
        return false;
    }

    /** ImageJ takes memory by lengths and numbers of entries before it looks for them. */
    private static void metadata(final TiffPages file, final TiffPage page) throws IOException {
        final long[] lengths = page.metadataLengths;
        if (page.metadataBytes == 0 || lengths.length == 0) {
            return;
        }
        final long claimed = Arrays.stream(lengths).sum();
        if (claimed > page.metadataBytes) {
            throw file.refusal("ImageJ's metadata of page " + page.number + " are damaged, their "
                    + "entries have " + claimed + " bytes by their lengths and "
                    + page.metadataBytes + " in the file");
        }
        if (lengths[0] < LEAST_HEADER || lengths[0] > MOST_HEADER) {
            return;
        }
        final ByteBuffer header = file.bytes(page.metadata, (int) lengths[0],
                "ImageJ's metadata of page " + page.number);
        long entries = 0;
        for (int at = 8; header.getInt(0) == MAGIC && at + 4 <= lengths[0]; at += 8) {
            entries += header.getInt(at) & 0xFFFFFFFFL;
        }
        if (entries > lengths.length - 1) {
            throw file.refusal("ImageJ's metadata of page " + page.number + " are damaged, they "
                    + "have " + entries + " entries by their header and " + (lengths.length - 1)
                    + " lengths");
        }
        long place = page.metadata + lengths[0];
        int index = 1;
        for (int at = 8; entries > 0 && at + 4 <= lengths[0]; at += 8) {
            final int type = header.getInt(at - 4);
            for (final int end = index + header.getInt(at); index < end; index++) {
                if (type == ROI || type == OVERLAY) {
                    roi(file, page, place, lengths[index]);
                }
                place += lengths[index];
            }
        }
    }

    /** The points, or the size of the shape, that a ROI claims. */
    private static void roi(final TiffPages file, final TiffPage page, final long place,
            final long length) throws IOException {
        if (length < ROI_HEADER) {
            return;
        }
        final ByteBuffer head = file.bytes(place, ROI_HEADER,
                "ImageJ's metadata of page " + page.number).order(ByteOrder.BIG_ENDIAN);
        final int kind = head.get(6);
        final int points = head.getShort(16) & 0xFFFF;
        final long claimed = kind == RECTANGLE ? head.getInt(36) & 0xFFFFFFFFL
                : !WITH_POINTS.contains(kind) ? 0
                : points > 0 ? points : head.getInt(18) & 0xFFFFFFFFL;
        if (ROI_HEADER + 4 * claimed > length) {
            throw file.refusal("ImageJ's metadata of page " + page.number + " are damaged, a ROI "
                    + "has " + (ROI_HEADER + 4 * claimed) + " bytes by its points and " + length
                    + " in the file");
        }
    }

    /** Unpacks a strip once and forgets it: ImageJ must not be given a stream without an end. */
    private static void inflate(final TiffPages file, final TiffPage page, final int strip,
            final String what) throws IOException {
        final Inflater inflater = new Inflater();
        final byte[] packed = new byte[1 << 16];
        final byte[] samples = new byte[1 << 16];
        long from = page.offsets[strip];
        final long end = from + page.counts[strip];
        long made = 0;
        try {
            while (!inflater.finished()) {
                if (inflater.needsInput()) {
                    final int length = (int) Math.min(packed.length, end - from);
                    if (length == 0) {
                        throw file.refusal("it is cut off or damaged, the compressed data of "
                                + what + " have no end");
                    }
                    file.bytes(from, length, what).get(packed, 0, length);
                    inflater.setInput(packed, 0, length);
                    from += length;
                }
                final int now = inflater.inflate(samples);
                made += now;
                if (made > page.filled()) {
                    throw file.refusal(what + " unpacks to more than the " + page.filled()
                            + " bytes that the page claims");
                }
                if (now == 0 && inflater.needsDictionary()) {
                    throw file.refusal("damaged or unsupported TIFF (" + what + ")");
                }
            }
        } catch (final DataFormatException damaged) {
            throw file.refusal("damaged or unsupported TIFF (" + what + ": "
                    + damaged.getMessage() + ")");
        } finally {
            inflater.end();
        }
        if (made < page.unpacked(strip)) {
            throw file.refusal(what + " unpacks to " + made + " bytes and needs "
                    + page.unpacked(strip));
        }
    }
}
