package io.moldau.storage;

/// How far a pass of compaction is that is under way.
///
/// @param of bytes that this stage goes through, and `done` those behind it; both 0 where nobody knows how many there
/// are
public record CompactionProgress(Stage stage, long done, long of) {
    /// What it does, in this order.
    public enum Stage {
        /// Reads the part that was never compacted, for the latest offset of each key.
        READING_KEYS("the keys of its new records are read"),
        /// Reads on until it knows which transactions were aborted.
        FOLLOWING_TRANSACTIONS("the ends of its transactions are looked for"),
        /// Writes what is left of each segment, from the first on.
        REWRITING("its segments are rewritten");

        private final String text;

        Stage(String text) {
            this.text = text;
        }
    }

    @Override
    public String toString() {
        return of == 0 ? stage.text : stage.text + ", " + done + " of " + of + " bytes (" + 100 * done / of + " %)";
    }
}
