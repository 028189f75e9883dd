package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.records.ControlRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogMovesTest {
    private static final PartitionId ID = new PartitionId("t", 0);
    private static final UuidBits TOPIC = new UuidBits(1, 1);
    private static final LogSettings SMALL_SEGMENTS =
            LogSettings.of(it -> it.segmentBytes(1000).indexIntervalBytes(100).fileDeleteDelayMs(0));

    private final SimulatedWorld world = SimulatedWorld.of(1);

    private MovingLogs open() throws IOException {
        return new MovingLogs(world, LogDirectorySettings.DEFAULTS, 500, 300, 1 << 30);
    }

    private MovingLogs openWithLog() throws IOException {
        var logs = open();
        logs.create(logs.first(), ID, TOPIC, SMALL_SEGMENTS);
        return logs;
    }

    private AppendResult write(PartitionLog log, String value) {
        return log.append(Batches.plain(world.clock().wallMs(), value), 0, AppendOrigin.CLIENT);
    }

    private void write(PartitionLog log, int count) {
        for (int i = 0; i < count; i++) {
            assertThat(write(log, "value " + i + "x".repeat(50))).isInstanceOf(AppendResult.Appended.class);
        }
    }

    private static List<String> values(PartitionLog log) throws IOException {
        return Batches.readAsIs(log, log.view().logStartOffset(), log.view().logEndOffset()).stream()
                .filter(batch -> !batch.isControl())
                .flatMap(batch -> Batches.values(batch).stream())
                .toList();
    }

    private void settle() {
        for (int i = 0; i < 20; i++) {
            world.timers().advance(1000);
            world.threads().runAll();
        }
    }

    @Test
    void aMovedLogIsTheSameInAllThatItKnows() throws IOException {
        // Given
        var logs = openWithLog();
        var log = logs.now(ID);
        for (int i = 0; i < 30; i++) {
            log.append(Batches.of(7, 0, i, 1000 + i, "a" + i + "x".repeat(40)), 3, AppendOrigin.CLIENT);
            log.append(Batches.transactional(9, i, 2000 + i, "b" + i), 3 + i / 20, AppendOrigin.CLIENT);
            if (i % 5 == 4) {
                var type = i % 2 == 0 ? ControlRecord.Type.ABORT : ControlRecord.Type.COMMIT;
                log.transactions().end(9, (short) 0, 1, new ControlRecord(type, 0), 4);
            }
        }
        log.append(Batches.transactional(10, 0, 5000, "open"), 4, AppendOrigin.CLIENT);
        world.threads().runAll();
        logs.promise(ID);
        log.advanceLogStartTo(7);
        var view = log.view();
        var values = values(log);
        var producers = log.producers();
        var committed = CommittedReader.read(log, 7, 1 << 20).stream()
                .map(record -> Batches.string(record.value()))
                .toList();
        // When
        logs.moves.move(ID, logs.second());
        settle();
        // Then
        for (int round = 0; round < 2; round++) {
            var moved = logs.now(ID);
            assertThat(moved.directory()).isSameAs(logs.second());
            assertThat(moved.view()).isEqualTo(view);
            assertThat(values(moved)).isEqualTo(values);
            assertThat(moved.producers()).containsExactlyInAnyOrderElementsOf(producers);
            assertThat(CommittedReader.read(moved, 7, 1 << 20).stream()
                            .map(record -> Batches.string(record.value()))
                            .toList())
                    .isEqualTo(committed);
            assertThat(moved.endOffsetForEpoch(3)).isEqualTo(log.endOffsetForEpoch(3));
            assertThat(logs.first().log(ID)).isEmpty();
            logs.stop();
            world.kill();
            logs = open();
        }
        assertThat(world.disk().list(MovingLogs.FIRST)).noneMatch(name -> name.startsWith("t-0"));
    }

    @Test
    void aLogIsWrittenAndReadWhileItIsMoved() throws IOException {
        var logs = openWithLog();
        write(logs.now(ID), 40);
        world.threads().runAll();
        logs.moves.move(ID, logs.second());
        assertThat(logs.moves.copyOf(ID)).hasValueSatisfying(copy -> {
            assertThat(copy.directory()).isSameAs(logs.second());
            assertThat(copy.offsetLag()).isEqualTo(40);
        });
        int written = 40;
        for (int i = 0; i < 200 && logs.now(ID).directory() == logs.first(); i++) {
            write(logs.now(ID), 1);
            written++;
            world.threads().runOne();
            assertThat(values(logs.now(ID))).hasSize(written);
        }
        assertThat(logs.now(ID).directory()).isSameAs(logs.second());
        write(logs.now(ID), 1);
        settle();
        assertThat(values(logs.now(ID))).hasSize(written + 1);
        assertThat(logs.now(ID).view().durableEndOffset()).isEqualTo(written + 1);
        assertThat(logs.moves.copyOf(ID)).isEmpty();
        assertThat(logs.told).last().asString().contains("was moved from /disk1/data to /disk2/data");
    }

    @Test
    void whatIsWrittenWhileItIsHandedOverIsDurableOnlyInTheNewPlace() throws IOException {
        var logs = openWithLog();
        write(logs.now(ID), 1);
        world.threads().runAll();
        logs.moves.move(ID, logs.second());
        var old = logs.now(ID);
        var move = old.move();
        while (move != null && !move.isHandingOver()) {
            world.threads().runOne();
        }
        // Whatever the first directory's flusher does now, nobody is told.
        write(old, 1);
        logs.first().flusher().flushNow();
        assertThat(old.view().durableEndOffset()).isEqualTo(1);
        settle();
        assertThat(logs.now(ID)).isNotSameAs(old);
        assertThat(logs.now(ID).view().durableEndOffset()).isEqualTo(2);
    }

    @Test
    void aMarkerThatIsNotPromisedDecidesNothingInTheNewPlaceEither() throws IOException {
        var logs = openWithLog();
        logs.now(ID).append(Batches.transactional(9, 0, 1000, "a"), 0, AppendOrigin.CLIENT);
        world.threads().runAll();
        logs.promise(ID);
        logs.now(ID).transactions().end(9, (short) 0, 1, new ControlRecord(ControlRecord.Type.COMMIT, 0), 0);
        logs.moves.move(ID, logs.second());
        settle();
        assertThat(logs.now(ID).directory()).isSameAs(logs.second());
        assertThat(logs.now(ID).view().lastStableOffset()).isZero();
        logs.promise(ID);
        assertThat(logs.now(ID).view().lastStableOffset()).isEqualTo(2);
    }

    @Test
    void whoeverChangesTheirMindIsObeyed() throws IOException {
        var logs = openWithLog();
        write(logs.now(ID), 40);
        world.threads().runAll();
        logs.moves.move(ID, logs.second());
        world.threads().runOne();
        world.threads().runOne();
        logs.moves.move(ID, logs.first());
        assertThat(logs.moves.copyOf(ID)).isEmpty();
        settle();
        assertThat(logs.now(ID).directory()).isSameAs(logs.first());
        assertThat(world.disk().list(MovingLogs.SECOND)).noneMatch(name -> name.startsWith("t-0"));
        assertThat(logs.told).last().asString().contains("was cancelled");
        logs.moves.move(ID, logs.second());
        settle();
        logs.moves.move(ID, logs.first());
        settle();
        assertThat(logs.now(ID).directory()).isSameAs(logs.first());
        assertThat(values(logs.now(ID))).hasSize(40);
        assertThat(logs.now(ID).moves()).isEqualTo(2);
    }

    @Test
    void aMoveThatFailsLeavesTheLogInService() throws IOException {
        var logs = openWithLog();
        write(logs.now(ID), 40);
        world.threads().runAll();
        logs.moves.move(ID, logs.second());
        world.threads().runOne();
        world.disk().breakFolder(MovingLogs.SECOND);
        settle();
        assertThat(logs.now(ID).directory()).isSameAs(logs.first());
        assertThat(logs.told).last().asString().contains("failed", "it stays in /disk1/data");
        write(logs.now(ID), 1);
        world.threads().runAll();
        assertThat(logs.now(ID).view().durableEndOffset()).isEqualTo(41);
    }

    @Test
    void anOldLogThatMayLackSomethingIsNotUsedWhileTheNewPlaceIsLost() throws IOException {
        // Given
        var logs = openWithLog();
        write(logs.now(ID), 10);
        world.threads().runAll();
        logs.moves.move(ID, logs.second());
        while (logs.now(ID).directory() == logs.first()) {
            world.threads().runOne();
        }
        write(logs.now(ID), 1);
        logs.second().flusher().flushNow();
        assertThat(logs.now(ID).view().durableEndOffset()).isEqualTo(11);
        // When: killed before the old log was removed, and the new place is lost
        world.kill();
        world.disk().breakFolder(MovingLogs.SECOND);
        // Then
        assertThat(open().current).isEmpty();
        world.kill();
        assertThat(values(open().now(ID))).hasSize(11);
        world.kill();
        assertThat(world.disk().list(MovingLogs.FIRST)).noneMatch(MoveNote::isNote);
    }

    @Test
    void aDamagedBatchIsNotMoved() throws IOException {
        var logs = openWithLog();
        write(logs.now(ID), 40);
        world.threads().runAll();
        try (var file = world.disk().open(logs.now(ID).segments().getFirst().path(".log"))) {
            file.write(ByteBuffer.wrap(new byte[] {42}), 100);
        }
        logs.moves.move(ID, logs.second());
        settle();
        assertThat(logs.now(ID).directory()).isSameAs(logs.first());
        assertThat(logs.told).last().asString().contains("damaged", "moldau log verify");
    }

    @Test
    void aTopicDeletedWhileItIsMovedIsGoneEverywhere() throws IOException {
        for (int steps = 0; steps < 40; steps++) {
            var logs = open();
            var id = new PartitionId("gone", steps);
            write(logs.create(logs.first(), id, new UuidBits(2, steps), SMALL_SEGMENTS), 20);
            world.threads().runAll();
            logs.moves.move(id, logs.second());
            for (int i = 0; i < steps; i++) {
                world.threads().runOne();
            }
            logs.delete(id);
            settle();
            assertThat(logs.first().log(id)).isEmpty();
            assertThat(logs.second().log(id)).as("after %s steps", steps).isEmpty();
            write(logs.create(logs.second(), id, new UuidBits(3, steps), SMALL_SEGMENTS), 1);
            world.threads().runAll();
            logs.stop();
            world.kill();
            assertThat(values(open().now(id))).hasSize(1);
            world.kill();
        }
    }

    @Test
    void manyLogsAreMovedAtOnce() throws IOException {
        var logs = open();
        for (int i = 0; i < 30; i++) {
            var id = new PartitionId("many", i);
            write(logs.create(logs.first(), id, TOPIC, SMALL_SEGMENTS), i);
            logs.moves.move(id, logs.second());
        }
        settle();
        for (int i = 0; i < 30; i++) {
            var log = logs.now(new PartitionId("many", i));
            assertThat(log.directory()).isSameAs(logs.second());
            assertThat(values(log)).hasSize(i);
        }
    }

    @Test
    void aPartitionThatDoesNotExistIsMadeWhereItWasWanted() throws IOException {
        var logs = open();
        var other = new PartitionId("other", 0);
        logs.directories.prefer(ID, logs.second());
        logs.directories.prefer(other, logs.second());
        var wanted = List.of(
                new LogDirectory.NewLog(ID, TOPIC, SMALL_SEGMENTS),
                new LogDirectory.NewLog(other, TOPIC, SMALL_SEGMENTS));
        assertThat(logs.directories.create(wanted, false))
                .allSatisfy(log -> assertThat(log.directory()).isSameAs(logs.second()));
        assertThat(logs.directories.at("/disk2/data")).contains(logs.second());
        assertThat(logs.directories.at("/disk2/../disk2/data/")).contains(logs.second());
        assertThat(logs.directories.at("disk2/data")).isEmpty();
        assertThat(logs.directories.at("/disk3")).isEmpty();
    }

    @Test
    void aCheckpointFromBeforeLogsWereMovedIsUnderstood() throws IOException {
        // Given
        var logs = openWithLog();
        world.threads().runAll();
        logs.stop();
        var path = MovingLogs.FIRST.resolve(CheckpointFile.FILE);
        world.kill();
        // When: the count of moves is taken out of its one line.
        byte[] full = rewritten();
        int moves = full.length - 12;
        byte[] old = Arrays.copyOf(full, full.length - 4);
        System.arraycopy(full, moves + 4, old, moves, 8);
        old[CheckpointFile.HEADER_BYTES] = 2;
        var group = ByteBuffer.wrap(old);
        group.putInt(8, old.length - CheckpointFile.HEADER_BYTES);
        group.putInt(4, AtomicFile.crc(old, 8, old.length - 8));
        AtomicFile.write(world.disk(), path, old);
        // Then
        var known = CheckpointFile.read(world.disk(), MovingLogs.FIRST);
        assertThat(known.logs()).containsOnlyKeys(new LogKey(TOPIC, 0));
        assertThat(open().now(ID).moves()).isZero();
    }

    /// The checkpoint as one group.
    private byte[] rewritten() throws IOException {
        var last = CheckpointFile.read(world.disk(), MovingLogs.FIRST);
        var file = new CheckpointFile(world.disk(), MovingLogs.FIRST, last);
        file.write(true, last.journal(), List.of(), List.of());
        file.close();
        return AtomicFile.read(world.disk(), MovingLogs.FIRST.resolve(CheckpointFile.FILE));
    }
}
