package org.fijibridge.engine;

/** Where a term of a result goes: as large as the result's volume. */
abstract class TermTarget extends TargetLike {

    private final Term term;

    TermTarget(final VolumeTarget volume, final Term term) {
        super(volume);
        this.term = term;
    }

    @Override
    public boolean cancels() {
        return term == Term.SUBTRACT;
    }
}
