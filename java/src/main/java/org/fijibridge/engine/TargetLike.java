package org.fijibridge.engine;

/** A target of the size of another one. */
abstract class TargetLike implements VolumeTarget {

    private final VolumeTarget model;

    TargetLike(final VolumeTarget model) {
        this.model = model;
    }

    @Override
    public int depth() {
        return model.depth();
    }

    @Override
    public int height() {
        return model.height();
    }

    @Override
    public int width() {
        return model.width();
    }
}
