package org.fijibridge.file;

/** One page of a TIFF file: where its directory stands, and what its tags say. */
final class TiffPage {

    static final int DESCRIPTION = 270;
    static final int SOFTWARE = 305;
    static final int UNCOMPRESSED = 1;

    /** ImageJ's own: the lengths of header and entries, and these. */
    static final int METADATA_LENGTHS = 50838;
    static final int METADATA = 50839;

    /** From 1, as people count pages. */
    final int number;
    final long start;
    final long end;
    long width;
    long height;
    long rows = Long.MAX_VALUE;
    long bits = 1;
    long samples = 1;
    long sampleFormat = 1;
    long compression = UNCOMPRESSED;
    boolean planar;
    boolean tiled;
    long[] offsets = {};
    long[] counts = {};
    long[] metadataLengths = {};
    long metadata;
    long metadataBytes;
    String description = "";
    String software = "";

    /** Whose tag it has beside those of all TIFFs; null for nobody's that is known. */
    String maker;

    TiffPage(final int number, final long start, final long end) {
        this.number = number;
        this.start = start;
        this.end = end;
    }

    static boolean wants(final int code) {
        switch (code) {
            case 256: case 257: case 258: case 259: case 273: case 277: case 278: case 279:
            case 284: case 322: case 324: case 339:
                return true;
            default:
                return false;
        }
    }

    void set(final int code, final long[] values) {
        if (values.length == 0) {
            return;
        }
        final long first = values[0];
        switch (code) {
            case 256: width = first; break;
            case 257: height = first; break;
            case 258: bits = java.util.Arrays.stream(values).max().getAsLong(); break;
            case 259: compression = first; break;
            case 273: offsets = values; break;
            case 277: samples = first; break;
            case 278: rows = first; break;
            case 279: counts = values; break;
            case 284: planar = first == 2; break;
            case 322: case 324: tiled = true; break;
            case 339: sampleFormat = first; break;
            default: throw new IllegalArgumentException("tag " + code);
        }
    }

    /** Refuses sizes with which nothing can be computed. */
    void check(final TiffPages file) {
        side(file, "width", width);
        side(file, "height", height);
        side(file, "samples", samples);
        side(file, "bits", bits);
        rows = rows <= 0 ? height : Math.min(rows, height);
        planar &= samples > 1;
        // Of three sides below 2^31 and the bits the product may not fit.
        if (width * (double) height * samples * bits > Long.MAX_VALUE / 16.0) {
            throw file.refusal("damaged TIFF, page " + number + " claims " + width + " x " + height
                    + " pixels of " + samples + " samples");
        }
    }

    private void side(final TiffPages file, final String what, final long value) {
        if (value <= 0 || value > Integer.MAX_VALUE) {
            throw file.refusal("damaged TIFF, the " + what + " of page " + number + " is " + value);
        }
    }

    private long rowBytes() {
        return (width * (planar ? 1 : samples) * bits + 7) / 8;
    }

    /** Bytes of all samples, unpacked. */
    long planeBytes() {
        return rowBytes() * height * (planar ? samples : 1);
    }

    /** How many strips it has by its sizes. */
    long strips() {
        return (planar ? samples : 1) * ((height + rows - 1) / rows);
    }

    /** Unpacked bytes of a strip; the last of a plane may be lower. */
    long unpacked(final int strip) {
        final long perPlane = (height + rows - 1) / rows;
        return Math.min(rows, height - strip % perPlane * rows) * rowBytes();
    }

    /** Unpacked bytes of a strip that is filled up, as some writers do with the last one. */
    long filled() {
        return rows * rowBytes();
    }

    /** Whether its samples are signed bytes, of which ImageJ makes unsigned ones. */
    boolean signedBytes() {
        return bits == 8 && sampleFormat == 2;
    }

    /** What two pages have in common whose samples form one stack. */
    String kind() {
        return width + " x " + height + ", " + bits + " bit"
                + (samples > 1 ? ", " + samples + " samples" : "")
                + (sampleFormat == 3 ? ", float" : sampleFormat == 2 ? ", signed" : "");
    }
}
