package io.moldau.environment;

/// Memory of somebody else's, which stays as it is until all who hold it have released it. Safe for use by several
/// threads; whoever lends it holds it himself while he offers it.
public interface Loan {
    void hold();

    void release();
}
