package org.fijibridge.engine;

/** Where a term of a result goes: as large as the result's volume. */
abstract class TermTarget implements VolumeTarget {

    private final VolumeTarget volume;
    private final Term term;

    TermTarget(final VolumeTarget volume, final Term term) {
        this.volume = volume;
        this.term = term;
    }

    @Override
    public int depth() {
        return volume.depth();
    }

    @Override
    public int height() {
        return volume.height();
    }

    @Override
    public int width() {
        return volume.width();
    }

    @Override
    public boolean cancels() {
        return term == Term.SUBTRACT;
    }
}
