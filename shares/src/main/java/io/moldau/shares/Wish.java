package io.moldau.shares;

/// What a member would like to have.
///
/// @param maxRecords 1 or more
/// @param exactly no more than `maxRecords` (KIP-1206); else whole batches until there are so many
/// @param batchSize the best size of what is acquired and acknowledged together
public record Wish(String member, int maxRecords, boolean exactly, int batchSize) {}
