package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeLogDirsRequest;
import io.moldau.protocol.message.DescribeLogDirsRequest.DescribableLogDirTopic;
import io.moldau.protocol.message.DescribeLogDirsResponse;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsPartition;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsResult;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsTopic;
import io.moldau.replication.Partition;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectory;
import io.moldau.storage.LogMoves;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// DescribeLogDirs (key 35), versions 1–5: what each log directory holds, in bytes.
/// - v3 an error for the whole answer
/// - v4 total and usable bytes of its volume (KIP-827)
///
/// A partition that is being moved here shows with its copy, as a future replica (KIP-113).
///
/// The sizes of a failed directory are not told; its usable and total bytes are -1.
final class DescribeLogDirsHandler implements ApiHandler<DescribeLogDirsRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(DescribeLogDirsHandler.class);

    private final NodeContext context;
    private final LogDirectories directories;
    private final LogMoves moves;

    DescribeLogDirsHandler(NodeContext context, LogDirectories directories, LogMoves moves) {
        this.context = context;
        this.directories = directories;
        this.moves = moves;
    }

    @Override
    public void handle(DescribeLogDirsRequest request, Call call) {
        // The system is asked about volumes: that may take a moment.
        context.environment().threads().blocking().execute(() -> {
            try {
                call.answer(DescribeLogDirsResponse.builder()
                        .results(directories.all().stream()
                                .map(directory -> result(request, directory))
                                .toList())
                        .build());
            } catch (RuntimeException failure) {
                call.fail(failure);
            }
        });
    }

    private DescribeLogDirsResult result(DescribeLogDirsRequest request, LogDirectory directory) {
        var result = DescribeLogDirsResult.builder()
                .logDir(directory.path().toAbsolutePath().normalize().toString());
        if (directory.failure().isPresent()) {
            return result.errorCode(ErrorCode.KAFKA_STORAGE_ERROR.code())
                    .topics(List.of())
                    .totalBytes(-1)
                    .usableBytes(-1)
                    .build();
        }
        return result.topics(topics(request, directory))
                .totalBytes(bytes(directory, LogDirectory::totalBytes))
                .usableBytes(bytes(directory, LogDirectory::usableBytes))
                .build();
    }

    private List<DescribeLogDirsTopic> topics(DescribeLogDirsRequest request, LogDirectory directory) {
        var wanted = request.topics();
        var byTopic = new TreeMap<String, List<DescribeLogDirsPartition>>();
        for (var partition : context.partitions().all()) {
            if (wanted != null && wanted.stream().noneMatch(topic -> names(topic, partition))) {
                continue;
            }
            entry(partition, directory)
                    .ifPresent(entry -> byTopic.computeIfAbsent(partition.id().topic(), topic -> new ArrayList<>())
                            .add(entry));
        }
        var topics = new ArrayList<DescribeLogDirsTopic>();
        byTopic.forEach((name, partitions) -> topics.add(
                DescribeLogDirsTopic.builder().name(name).partitions(partitions).build()));
        return topics;
    }

    private Optional<DescribeLogDirsPartition> entry(Partition partition, LogDirectory directory) {
        var entry =
                DescribeLogDirsPartition.builder().partitionIndex(partition.id().partition());
        var log = partition.log();
        if (log.directory() == directory) {
            return Optional.of(entry.partitionSize(log.sizeBytes()).build());
        }
        return moves.copyOf(partition.id())
                .filter(copy -> copy.directory() == directory)
                .map(copy -> entry.partitionSize(copy.sizeBytes())
                        .offsetLag(copy.offsetLag())
                        .isFutureKey(true)
                        .build());
    }

    private static boolean names(DescribableLogDirTopic topic, Partition partition) {
        return topic.topic().equals(partition.id().topic())
                && topic.partitions().contains(partition.id().partition());
    }

    private interface Volume {
        long bytes(LogDirectory directory) throws IOException;
    }

    private static long bytes(LogDirectory directory, Volume volume) {
        try {
            return volume.bytes(directory);
        } catch (IOException failure) {
            LOG.warn("The room left in {} cannot be told: {}", directory.path(), failure.getMessage());
            return -1;
        }
    }
}
