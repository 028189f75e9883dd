package io.moldau.storage;

import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The log directories of a simulated node, its logs, and what moves them: all that the owner of the logs does is here.
final class MovingLogs implements LogMoves.Owner {
    static final Path FIRST = Path.of("/disk1/data");
    static final Path SECOND = Path.of("/disk2/data");

    final LogDirectories directories;
    final LogMoves moves;
    final List<String> told = new ArrayList<>();
    final Map<PartitionId, PartitionLog> current = new HashMap<>();
    final Map<PartitionId, Long> promised = new HashMap<>();

    MovingLogs(SimulatedWorld world, LogDirectorySettings settings, int pieceBytes, long tailBytes, long bytesPerSecond)
            throws IOException {
        directories = LogDirectories.open(world.environment(), List.of(FIRST, SECOND), settings);
        moves = new LogMoves(
                world.environment(),
                this,
                () -> bytesPerSecond,
                (id, what) -> told.add(id + ": " + what),
                pieceBytes,
                tailBytes);
        for (var directory : directories.all()) {
            directory.logs().forEach(log -> current.put(log.id(), log));
        }
    }

    LogDirectory first() {
        return directories.all().getFirst();
    }

    LogDirectory second() {
        return directories.all().getLast();
    }

    PartitionLog create(LogDirectory directory, PartitionId id, UuidBits topicId, LogSettings settings) {
        var log = directory.create(id, topicId, settings);
        current.put(id, log);
        return log;
    }

    PartitionLog now(PartitionId id) {
        return Optional.ofNullable(current.get(id)).orElseThrow();
    }

    void delete(PartitionId id) throws IOException {
        var log = now(id);
        current.remove(id);
        promised.remove(id);
        log.directory().delete(log);
    }

    /// What the owner of a partition does when it hears that bytes are durable.
    long promise(PartitionId id) {
        long durable = now(id).durableEndOffset();
        promised.put(id, durable);
        now(id).transactions().promised(durable);
        return durable;
    }

    @Override
    public Optional<PartitionLog> log(PartitionId id) {
        return Optional.ofNullable(current.get(id));
    }

    @Override
    public void execute(PartitionLog log, Runnable task) {
        task.run();
    }

    @Override
    public boolean replace(PartitionLog log, PartitionLog next) {
        if (current.get(log.id()) != log) {
            return false;
        }
        current.put(log.id(), next);
        next.transactions().promised(promised.getOrDefault(log.id(), 0L));
        return true;
    }

    void stop() {
        moves.close();
        directories.close();
    }
}
