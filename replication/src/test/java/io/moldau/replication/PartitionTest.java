package io.moldau.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.protocol.Uuid;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.storage.AppendOrigin;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.UuidBits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionTest {
    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final List<AppendOutcome> outcomes = new ArrayList<>();

    private Partition open(Durability durability) throws IOException {
        var directory = LogDirectory.open(world.environment(), Path.of("/data"), LogDirectorySettings.DEFAULTS);
        var id = new PartitionId("orders", 0);
        var log = directory.create(id, new UuidBits(1, 1), LogSettings.DEFAULTS.with(it -> it.durability(durability)));
        world.threads().runAll();
        return new Partition(id, new Uuid(1, 1), log, 0);
    }

    private BatchBuilder records(int count) {
        return records(new BatchBuilder(Compression.NONE), count);
    }

    private BatchBuilder records(BatchBuilder builder, int count) {
        for (int i = 0; i < count; i++) {
            builder.append(world.clock().wallMs(), null, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        return builder;
    }

    private void append(Partition partition, ByteBuffer batch) {
        partition.append(batch, AppendOrigin.CLIENT, true, outcomes::add);
    }

    private static boolean gives(Partition partition, long from, boolean committedOnly) {
        return partition.read(from, 1000, committedOnly, -1, true) instanceof Fetched.Read read
                && read.slice().isPresent();
    }

    @Test
    void onDiskAnAppendIsAcknowledgedAndReadOnlyAfterTheFlush() throws IOException {
        var partition = open(Durability.DISK);
        append(partition, records(3).build());
        assertThat(outcomes).isEmpty();
        assertThat(partition.highWatermark()).isZero();
        assertThat(gives(partition, 0, false)).isFalse();
        world.threads().runAll();
        assertThat(outcomes).hasSize(1).first().isInstanceOf(AppendOutcome.Acknowledged.class);
        assertThat(partition.highWatermark()).isEqualTo(3);
        assertThat(gives(partition, 0, false)).isTrue();
    }

    @Test
    void inMemoryAnAppendIsAcknowledgedAtOnce() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(3).build());
        assertThat(outcomes).hasSize(1).first().isInstanceOf(AppendOutcome.Acknowledged.class);
        assertThat(partition.highWatermark()).isEqualTo(3);
    }

    @Test
    void anOpenTransactionIsReadUncommittedOnly() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(2).build());
        var open = new BatchBuilder(Compression.NONE).producer(9, (short) 0, 0).transactional();
        append(partition, records(open, 2).build());
        append(partition, records(1).build());
        assertThat(partition.highWatermark()).isEqualTo(5);
        assertThat(partition.lastStableOffset()).isEqualTo(2);
        assertThat(gives(partition, 0, true)).isTrue();
        assertThat(gives(partition, 2, true)).isFalse();
        assertThat(gives(partition, 2, false)).isTrue();
    }

    @Test
    void whatLiesBelowADeletionIsOutOfRange() throws IOException {
        var partition = open(Durability.MEMORY);
        append(partition, records(3).build());
        append(partition, records(3).build());
        var starts = new ArrayList<Long>();
        var refused = new ArrayList<AppendOutcome.Refused>();
        partition.deleteBefore(7, starts::add, refused::add);
        assertThat(refused).hasSize(1);
        partition.deleteBefore(3, starts::add, refused::add);
        assertThat(partition.read(2, 1000, false, -1, true)).isInstanceOf(Fetched.Refused.class);
        assertThat(gives(partition, 3, false)).isTrue();
        partition.deleteBefore(-1, starts::add, refused::add);
        assertThat(starts).containsExactly(3L, 6L);
        assertThat(partition.logStartOffset()).isEqualTo(6);
    }

    @Test
    void whoWaitsWhenAPartitionEndsIsTold() throws IOException {
        var partition = open(Durability.DISK);
        append(partition, records(3).build());
        partition.retire(io.moldau.protocol.ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted");
        append(partition, records(3).build());
        world.threads().runAll();
        assertThat(outcomes).hasSize(2).allMatch(outcome -> outcome instanceof AppendOutcome.Refused);
    }
}
