package org.fijibridge.command;

import javax.swing.event.DocumentEvent;
import javax.swing.event.DocumentListener;

/** Tells of every change of a text. */
final class Typing implements DocumentListener {

    private final Runnable changed;

    Typing(final Runnable changed) {
        this.changed = changed;
    }

    @Override
    public void insertUpdate(final DocumentEvent event) {
        changed.run();
    }

    @Override
    public void removeUpdate(final DocumentEvent event) {
        changed.run();
    }

    @Override
    public void changedUpdate(final DocumentEvent event) {
        changed.run();
    }
}
