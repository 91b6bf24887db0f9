package org.fijibridge.command;

/** Says what a command will do with the values of its fields. */
interface Planner extends AutoCloseable {

    /** Takes what a planner says. */
    interface Answer {

        /**
         * Is told what will happen.
         *
         * @param text a line per row, cells separated by tabs
         * @param problem whether it says instead what is wrong
         */
        void say(String text, boolean problem);
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
