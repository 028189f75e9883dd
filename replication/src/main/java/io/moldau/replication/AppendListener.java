package io.moldau.replication;

/// Whoever has batches appended. Told on any thread; must not block.
@FunctionalInterface
public interface AppendListener {
    /// The batches' bytes are needed no more. Before [#done], and only where [Partition#arrive] is used.
    default void copied() {}

    /// What became of the batches; once.
    void done(AppendOutcome outcome);
}
