package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DescribeLogDirsRequest;
import io.moldau.protocol.message.DescribeLogDirsRequest.DescribableLogDirTopic;
import io.moldau.protocol.message.DescribeLogDirsResponse;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsPartition;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsResult;
import io.moldau.protocol.message.DescribeLogDirsResponse.DescribeLogDirsTopic;
import io.moldau.replication.Partition;
import io.moldau.storage.LogDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// DescribeLogDirs (key 35), versions 1–5: what the log directory holds, in bytes.
/// - v4 total and usable bytes of its volume (KIP-827); the total is not known and answered as -1
final class DescribeLogDirsHandler implements ApiHandler<DescribeLogDirsRequest> {
    private static final Logger LOG = LoggerFactory.getLogger(DescribeLogDirsHandler.class);

    private final NodeContext context;
    private final LogDirectory directory;

    DescribeLogDirsHandler(NodeContext context, LogDirectory directory) {
        this.context = context;
        this.directory = directory;
    }

    @Override
    public void handle(DescribeLogDirsRequest request, Call call) {
        var wanted = request.topics();
        var byTopic = new TreeMap<String, List<DescribeLogDirsPartition>>();
        for (var partition : context.partitions().all()) {
            if (wanted == null || wanted.stream().anyMatch(topic -> names(topic, partition))) {
                byTopic.computeIfAbsent(partition.id().topic(), topic -> new ArrayList<>())
                        .add(DescribeLogDirsPartition.builder()
                                .partitionIndex(partition.id().partition())
                                .partitionSize(partition.log().view().sizeBytes())
                                .build());
            }
        }
        var topics = new ArrayList<DescribeLogDirsTopic>();
        byTopic.forEach((name, partitions) -> topics.add(
                DescribeLogDirsTopic.builder().name(name).partitions(partitions).build()));
        var failed = directory.failure();
        call.answer(DescribeLogDirsResponse.builder()
                .results(List.of(DescribeLogDirsResult.builder()
                        .errorCode((failed.isPresent() ? ErrorCode.KAFKA_STORAGE_ERROR : ErrorCode.NONE).code())
                        .logDir(directory.path().toAbsolutePath().normalize().toString())
                        .topics(topics)
                        .usableBytes(usableBytes())
                        .build()))
                .build());
    }

    private static boolean names(DescribableLogDirTopic topic, Partition partition) {
        return topic.topic().equals(partition.id().topic())
                && topic.partitions().contains(partition.id().partition());
    }

    private long usableBytes() {
        try {
            return directory.usableBytes();
        } catch (IOException failure) {
            LOG.warn("The room left in {} cannot be told: {}", directory.path(), failure.getMessage());
            return -1;
        }
    }
}
