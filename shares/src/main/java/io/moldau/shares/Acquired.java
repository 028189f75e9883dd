package io.moldau.shares;

/// Records that were given to a member, all for the same time.
///
/// @param deliveryCount how often they were given to a member, this time included
public record Acquired(long first, long last, int deliveryCount) {
    public long count() {
        return last - first + 1;
    }
}
