package io.moldau.replication;

/// Whoever has batches appended. Told on any thread; must not block.
@FunctionalInterface
public interface AppendListener {
    /// What became of the batches; once.
    void done(AppendOutcome outcome);
}
