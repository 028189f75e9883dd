package io.moldau.transactions;

/// A producer id in one epoch.
public record Producer(long id, short epoch) {
    /// No producer.
    public static final Producer NONE = new Producer(-1, (short) -1);

    boolean isNone() {
        return id < 0;
    }
}
