package io.moldau.broker;

import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AlterReplicaLogDirsRequest;
import io.moldau.protocol.message.AlterReplicaLogDirsRequest.AlterReplicaLogDir;
import io.moldau.protocol.message.AlterReplicaLogDirsResponse;
import io.moldau.protocol.message.AlterReplicaLogDirsResponse.AlterReplicaLogDirPartitionResult;
import io.moldau.protocol.message.AlterReplicaLogDirsResponse.AlterReplicaLogDirTopicResult;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogMoves;
import io.moldau.storage.PartitionId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/// AlterReplicaLogDirs (key 34), versions 1–2: has partitions moved to other log directories (KIP-113). The answer says
/// what was begun; DescribeLogDirs shows how far it is.
///
/// A partition that does not exist is refused, and is made in that directory if it ever comes to be, as in Kafka.
final class AlterReplicaLogDirsHandler implements ApiHandler<AlterReplicaLogDirsRequest> {
    private final NodeContext context;
    private final LogDirectories directories;
    private final LogMoves moves;

    AlterReplicaLogDirsHandler(NodeContext context, LogDirectories directories, LogMoves moves) {
        this.context = context;
        this.directories = directories;
        this.moves = moves;
    }

    @Override
    public void handle(AlterReplicaLogDirsRequest request, Call call) {
        var byTopic = new LinkedHashMap<String, List<AlterReplicaLogDirPartitionResult>>();
        for (var wanted : request.dirs()) {
            for (var topic : wanted.topics()) {
                var results = byTopic.computeIfAbsent(topic.name(), name -> new ArrayList<>());
                for (int partition : topic.partitions()) {
                    results.add(AlterReplicaLogDirPartitionResult.builder()
                            .partitionIndex(partition)
                            .errorCode(move(wanted, new PartitionId(topic.name(), partition))
                                    .code())
                            .build());
                }
            }
        }
        var topics = new ArrayList<AlterReplicaLogDirTopicResult>();
        byTopic.forEach((name, results) -> topics.add(AlterReplicaLogDirTopicResult.builder()
                .topicName(name)
                .partitions(results)
                .build()));
        call.answer(AlterReplicaLogDirsResponse.builder().results(topics).build());
    }

    private ErrorCode move(AlterReplicaLogDir wanted, PartitionId id) {
        var directory = directories.at(wanted.path()).orElse(null);
        if (directory == null) {
            return ErrorCode.LOG_DIR_NOT_FOUND;
        }
        if (directory.failure().isPresent() || context.partitions().isOffline(id.topic(), id.partition())) {
            return ErrorCode.KAFKA_STORAGE_ERROR;
        }
        if (context.partition(id.topic(), id.partition()).isEmpty()) {
            directories.prefer(id, directory);
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        }
        moves.move(id, directory);
        return ErrorCode.NONE;
    }
}
