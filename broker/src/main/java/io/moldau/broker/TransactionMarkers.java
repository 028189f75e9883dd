package io.moldau.broker;

import io.moldau.groups.GroupCoordinator;
import io.moldau.metadata.Controller;
import io.moldau.protocol.ErrorCode;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Partitions;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.PartitionId;
import io.moldau.transactions.MarkerWriter;
import java.util.function.Consumer;

/// Brings the ends of transactions to the partitions of this node; pending group offsets are the groups' affair.
record TransactionMarkers(Controller controller, Partitions partitions, GroupCoordinator groups)
        implements MarkerWriter {
    @Override
    public void write(PartitionId id, TransactionMarker marker, Consumer<ErrorCode> done) {
        Consumer<AppendOutcome> written = outcome -> done.accept(errorOf(id, outcome));
        if (id.topic().equals(GroupCoordinator.TOPIC)) {
            if (exists(id)) {
                groups.endTransaction(id.partition(), marker, written);
            } else {
                done.accept(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
            }
            return;
        }
        partitions
                .partition(id.topic(), id.partition())
                .ifPresentOrElse(
                        partition -> partition.endTransaction(marker, written), () -> done.accept(absence(id)));
    }

    private ErrorCode errorOf(PartitionId id, AppendOutcome outcome) {
        return switch (outcome) {
            case AppendOutcome.Acknowledged written -> ErrorCode.NONE;
            case AppendOutcome.Refused(var error, var reason, var records) ->
                error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION ? absence(id) : error;
        };
    }

    /// A partition that is being opened, or made anew, is not gone.
    private ErrorCode absence(PartitionId id) {
        return exists(id) ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    }

    private boolean exists(PartitionId id) {
        return controller
                .image()
                .topic(id.topic())
                .filter(topic -> id.partition() < topic.partitions().size())
                .isPresent();
    }
}
