package org.fijibridge.file;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Whether a strip of LZW gives the samples that its page claims: ImageJ leaves black what does not
 * come, and takes codes that no encoder writes. Only the lengths of the strings are followed.
 *
 * <p>Source: TIFF 6.0, section 13.
 */
final class Lzw {

    private static final int CLEAR = 256;
    private static final int END = 257;
    private static final int FIRST = 258;
    private static final int CODES = 4096;
    private static final int LEAST_WIDTH = 9;
    private static final int MOST_WIDTH = 12;

    private Lzw() {}

    /** Refuses a strip that is damaged or too short. */
    static void check(final TiffPages file, final TiffPage page, final int strip,
            final String what) throws IOException {
        final long needed = page.unpacked(strip);
        final ByteBuffer packed = file.bytes(page.offsets[strip],
                (int) Math.min(page.counts[strip], Integer.MAX_VALUE - 8), what);
        final long[] lengths = new long[CODES];
        java.util.Arrays.fill(lengths, 0, CLEAR, 1);
        long made = 0;
        int next = FIRST;
        int width = LEAST_WIDTH;
        int before = -1;
        int bits = 0;
        int held = 0;
        boolean begun = false;
        while (made < needed) {
            while (held < width && packed.hasRemaining()) {
                bits = bits << 8 | packed.get() & 0xFF;
                held += 8;
            }
            final int code = held < width ? END : bits >>> held - width & (1 << width) - 1;
            held -= width;
            bits &= (1 << Math.max(held, 0)) - 1;
            if (code == END) {
                throw file.refusal(what + " unpacks to " + made + " bytes and needs " + needed);
            }
            if (code == CLEAR) {
                begun = true;
                next = FIRST;
                width = LEAST_WIDTH;
                before = -1;
                continue;
            }
            if (!begun || code > (before < 0 ? END : next)) {
                throw file.refusal("damaged or unsupported TIFF (" + what + ": a code of LZW that "
                        + "cannot stand there)");
            }
            if (before >= 0 && next < CODES) {
                lengths[next++] = lengths[before] + 1;
                // One code early, as the format has it.
                if (next == (1 << width) - 1 && width < MOST_WIDTH) {
                    width++;
                }
            }
            made += lengths[code];
            before = code;
        }
    }
}
