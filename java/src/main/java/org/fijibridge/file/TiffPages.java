package org.fijibridge.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.fijibridge.plan.Refusal;

/**
 * The directories of a TIFF file, read without a sample and without trust: ImageJ goes on where a
 * file ends, and takes fewer planes. BigTIFF and tiles are told, and not followed: ImageJ opens
 * neither.
 */
final class TiffPages implements AutoCloseable {

    /** More than any program writes; a small file must not claim much time or memory. */
    private static final int MOST_PAGES = 10_000_000;
    private static final int MOST_TAGS = 4096;
    private static final int MOST_VALUES = 1 << 26;
    private static final int MOST_TEXT = 1 << 28;

    private static final int HEADER = 8;
    private static final int ENTRY = 12;

    final String path;
    final long size;
    final List<TiffPage> pages = new ArrayList<>();
    private final SeekableByteChannel file;
    private ByteOrder order;

    private TiffPages(final Path path) throws IOException {
        this.path = path.toString();
        file = Files.newByteChannel(path);
        size = file.size();
    }

    /** Whether a file begins as TIFF files do, BigTIFF included. */
    static boolean isTiff(final Path path) throws IOException {
        final byte[] head = new byte[4];
        try (java.io.InputStream input = Files.newInputStream(path)) {
            for (int n = 0; n < head.length; ) {
                final int read = input.read(head, n, head.length - n);
                if (read < 0) {
                    return false;
                }
                n += read;
            }
        }
        final String text = new String(head, StandardCharsets.ISO_8859_1);
        return text.equals("II*\0") || text.equals("MM\0*") || text.equals("II+\0")
                || text.equals("MM\0+");
    }

    /** Follows the chain of directories to its end; the file stays open for {@link #bytes}. */
    static TiffPages read(final Path path) throws IOException {
        final TiffPages found = new TiffPages(path);
        try {
            found.walk();
            return found;
        } catch (final IOException | RuntimeException failed) {
            found.close();
            throw failed;
        }
    }

    private void walk() throws IOException {
        order = bytes(0, 1, "its header").get(0) == 'I'
                ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        final ByteBuffer head = bytes(0, HEADER, "its header");
        if (head.getShort(2) == 43) {
            throw refusal("it is a BigTIFF, which ImageJ alone cannot open; " + Dialect.REMEDY);
        }
        final Set<Long> seen = new HashSet<>();
        long offset = head.getInt(4) & 0xFFFFFFFFL;
        while (offset != 0) {
            if (!seen.add(offset) || pages.size() >= MOST_PAGES) {
                throw refusal("damaged TIFF, the directories of its pages go round in a circle "
                        + "after page " + pages.size());
            }
            offset = directory(offset);
        }
        if (pages.isEmpty()) {
            throw refusal("there is no image in it");
        }
    }

    /** Reads one directory; where the next one stands. */
    private long directory(final long offset) throws IOException {
        final int number = pages.size() + 1;
        final String what = "the directory of page " + number;
        final int count = bytes(offset, 2, what).getShort(0) & 0xFFFF;
        if (count == 0 || count > MOST_TAGS) {
            throw refusal("damaged TIFF, " + what + " has " + count + " tags");
        }
        final ByteBuffer raw = bytes(offset + 2, count * ENTRY + 4, what);
        final TiffPage page = new TiffPage(number, offset, offset + 2 + raw.capacity());
        for (int at = 0; at < count * ENTRY; at += ENTRY) {
            final int code = raw.getShort(at) & 0xFFFF;
            final int type = raw.getShort(at + 2) & 0xFFFF;
            final long length = raw.getInt(at + 4) & 0xFFFFFFFFL;
            if (length > size) {
                throw refusal("damaged TIFF, the value of tag " + code + " of page " + number
                        + " has " + length + " parts and the file " + size + " bytes");
            }
            if (Dialect.maker(code) != null) {
                page.maker = Dialect.maker(code);
            }
            if (code == TiffPage.METADATA) {
                page.metadata = raw.getInt(at + 8) & 0xFFFFFFFFL;
                page.metadataBytes = length;
            } else if (code == TiffPage.METADATA_LENGTHS) {
                // ImageJ takes them for 32-bit numbers, whatever their type.
                page.metadataLengths = numbers(value(raw, at, length, 4, code, number), 4);
            } else if (code == TiffPage.DESCRIPTION) {
                page.description = text(value(raw, at, length, 1, code, number));
            } else if (code == TiffPage.SOFTWARE) {
                page.software = text(value(raw, at, length, 1, code, number));
            } else if (TiffPage.wants(code) && (type == 1 || type == 3 || type == 4)) {
                final int width = type == 1 ? 1 : type == 3 ? 2 : 4;
                page.set(code, numbers(value(raw, at, length, width, code, number), width));
            }
        }
        page.check(this);
        pages.add(page);
        return raw.getInt(count * ENTRY) & 0xFFFFFFFFL;
    }

    private ByteBuffer value(final ByteBuffer raw, final int at, final long length,
            final int width, final int code, final int number) throws IOException {
        final String what = "the value of tag " + code + " of page " + number;
        if (length > (width == 1 ? MOST_TEXT : MOST_VALUES)) {
            throw refusal(what + " has " + length + " parts");
        }
        final int size = (int) length * width;
        if (size > 4) {
            return bytes(raw.getInt(at + 8) & 0xFFFFFFFFL, size, what);
        }
        final byte[] inline = new byte[size];
        for (int i = 0; i < size; i++) {
            inline[i] = raw.get(at + 8 + i);
        }
        return ByteBuffer.wrap(inline).order(order);
    }

    private static String text(final ByteBuffer value) {
        return new String(value.array(), StandardCharsets.UTF_8);
    }

    private static long[] numbers(final ByteBuffer value, final int width) {
        final long[] numbers = new long[value.capacity() / width];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = width == 1 ? value.get(i) & 0xFF : width == 2
                    ? value.getShort(2 * i) & 0xFFFF : value.getInt(4 * i) & 0xFFFFFFFFL;
        }
        return numbers;
    }

    /** Bytes of the file; refused where they do not lie in it. */
    ByteBuffer bytes(final long offset, final int length, final String what) throws IOException {
        if (offset + length > size) {
            throw refusal("it is cut off or damaged, " + what + " would stand at byte " + offset
                    + " and the file ends at " + size);
        }
        final ByteBuffer found = ByteBuffer.allocate(length);
        file.position(offset);
        while (found.hasRemaining() && file.read(found) >= 0) {
            // A channel may give less than was asked for.
        }
        if (found.hasRemaining()) {
            throw refusal("it was shortened while it was read");
        }
        found.flip();
        return order == null ? found : found.order(order);
    }

    /** Names the file; the words are those of the program's own reader. */
    Refusal refusal(final String why) {
        return new Refusal("cannot read " + path + ": " + why);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
