package io.moldau.storage;

import java.util.List;

/// What opening a log directory found and did.
///
/// @param partitions those where something was replayed or cut
public record RecoveryReport(
        boolean clean, int logs, int segmentsScanned, long journalBytesReplayed, List<Partition> partitions) {
    /// Offsets [replayedFrom, replayedTo) came back from the journal; `cutBytes` of torn tail after `endOffset` were
    /// cut.
    public record Partition(
            PartitionId id, long replayedFrom, long replayedTo, long cutBytes, long endOffset, String note) {}

    /// One line for the log.
    public String summary() {
        if (clean) {
            return "clean start, " + logs + " partitions";
        }
        var text = new StringBuilder("recovered after an unclean stop: ")
                .append(logs)
                .append(" partitions, ")
                .append(segmentsScanned)
                .append(" segments scanned, ")
                .append(journalBytesReplayed)
                .append(" bytes of records replayed from the journal");
        for (var partition : partitions) {
            text.append("; ").append(partition.id());
            if (partition.replayedTo() > partition.replayedFrom()) {
                text.append(" replayed offsets ")
                        .append(partition.replayedFrom())
                        .append("..")
                        .append(partition.replayedTo() - 1);
            }
            if (partition.cutBytes() > 0) {
                text.append(" cut ")
                        .append(partition.cutBytes())
                        .append(" bytes of torn tail after offset ")
                        .append(partition.endOffset() - 1);
            }
            if (!partition.note().isEmpty()) {
                text.append(' ').append(partition.note());
            }
        }
        return text.toString();
    }
}
