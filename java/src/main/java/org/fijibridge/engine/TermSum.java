package org.fijibridge.engine;

import java.util.HashMap;
import java.util.Map;

/**
 * A result that several outputs of one sweep make up, see {@link Term}.
 *
 * <p>Terms of one row come from one thread, shortly after each other. They are summed in double,
 * and the sum is rounded when it is complete: of two blurs of 1 000 000.2 and its like, each
 * rounded to a float, hardly anything would be left in their difference.
 */
public final class TermSum {

    private final VolumeTarget volume;
    private final int terms;
    /** Per thread the rows that are not complete yet, by their place. */
    private final ThreadLocal<Map<Long, Row>> rows = ThreadLocal.withInitial(HashMap::new);

    /**
     * @param volume gets the sums
     * @param terms how many there are
     */
    public TermSum(final VolumeTarget volume, final int terms) {
        this.volume = volume;
        this.terms = terms;
    }

    /** Where the output of one of the terms goes; the only one that is added is the sum. */
    public VolumeTarget target(final Term term) {
        if (terms == 1 && term == Term.ADD) {
            return volume;
        }
        return new TermTarget(volume, term) {
            @Override
            public Writer writer() {
                return new RowWriter(term, volume.writer());
            }
        };
    }

    private static final class Row {
        final double[] sum;
        int taken;

        Row(final int length) {
            sum = new double[length];
        }
    }

    private final class RowWriter implements VolumeTarget.Writer {

        private final Term term;
        private final VolumeTarget.Writer writer;
        private double[] doubles = {};

        RowWriter(final Term term, final VolumeTarget.Writer writer) {
            this.term = term;
            this.writer = writer;
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final float[] row, final int offset) {
            if (doubles.length < length) {
                doubles = new double[length];
            }
            for (int i = 0; i < length; i++) {
                doubles[i] = row[offset + i];
            }
            write(z, y, x, length, doubles, 0);
        }

        @Override
        public void write(final int z, final int y, final int x, final int length,
                final double[] row, final int offset) {
            final Map<Long, Row> open = rows.get();
            final Long place = (long) z * volume.height() + y;
            final Row found = open.computeIfAbsent(place, key -> new Row(length));
            term.add(row, offset, found.sum, length);
            found.taken++;
            if (found.taken == terms) {
                open.remove(place);
                writer.write(z, y, x, length, found.sum, 0);
            }
        }
    }
}
