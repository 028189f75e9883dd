package io.moldau.storage;

/// Who appends, which decides what is checked.
public enum AppendOrigin {
    /// A producer: everything is checked.
    CLIENT,
    /// A coordinator of this broker: offsets are assigned, sequences and times are trusted.
    COORDINATOR,
    /// The partition's leader: offsets, epochs and times stay as they are.
    REPLICATION
}
