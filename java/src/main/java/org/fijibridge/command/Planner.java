package org.fijibridge.command;

/** Says what a command will do with the values of its fields. */
interface Planner extends AutoCloseable {

    /** What an answer is. */
    enum Kind {
        /** What will happen. */
        PLAN,
        /** What is wrong. */
        PROBLEM,
        /** What is wrong, and a voxel size would mend it. */
        UNCALIBRATED
    }

    /** Takes what a planner says. */
    interface Answer {

        /**
         * Is told.
         *
         * @param text a line per row, cells separated by tabs
         */
        void say(String text, Kind kind);
    }

    /**
     * Answers at once, or later on the event thread; of questions that follow each other quickly
     * some may never be answered.
     *
     * @throws org.fijibridge.plan.Refusal if it is plain at once that the values make no sense
     */
    void plan(Values values, Answer answer);

    /** Ends what is going on. */
    @Override
    default void close() {}
}
