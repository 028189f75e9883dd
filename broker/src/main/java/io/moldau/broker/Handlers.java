package io.moldau.broker;

import io.moldau.groups.GroupCoordinator;
import io.moldau.groups.StreamsApi;
import io.moldau.protocol.ApiKey;
import io.moldau.protocol.message.AlterConfigsRequest;
import io.moldau.protocol.message.AlterReplicaLogDirsRequest;
import io.moldau.protocol.message.CreatePartitionsRequest;
import io.moldau.protocol.message.CreateTopicsRequest;
import io.moldau.protocol.message.DeleteRecordsRequest;
import io.moldau.protocol.message.DeleteTopicsRequest;
import io.moldau.protocol.message.DescribeClusterRequest;
import io.moldau.protocol.message.DescribeConfigsRequest;
import io.moldau.protocol.message.DescribeLogDirsRequest;
import io.moldau.protocol.message.DescribeProducersRequest;
import io.moldau.protocol.message.DescribeTopicPartitionsRequest;
import io.moldau.protocol.message.FetchRequest;
import io.moldau.protocol.message.FindCoordinatorRequest;
import io.moldau.protocol.message.IncrementalAlterConfigsRequest;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.ListConfigResourcesRequest;
import io.moldau.protocol.message.ListOffsetsRequest;
import io.moldau.protocol.message.MetadataRequest;
import io.moldau.protocol.message.OffsetForLeaderEpochRequest;
import io.moldau.protocol.message.ProduceRequest;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogMoves;
import io.moldau.transactions.ProducerIds;
import io.moldau.transactions.TransactionCoordinator;
import io.moldau.transactions.TransactionQueries;
import io.moldau.transactions.TransactionsApi;

/// Everything this node answers, but for ApiVersions, which tells of the others.
final class Handlers {
    private Handlers() {}

    static ApiTable table(
            NodeContext context,
            LogDirectories directories,
            LogMoves moves,
            GroupCoordinator groups,
            TransactionCoordinator transactions,
            ProducerIds producerIds) {
        var table = new ApiTable();
        var creation = new TopicCreation(context);
        var api = new TransactionsApi(transactions);
        table.with(
                ApiKey.PRODUCE,
                ProduceRequest.class,
                new ProduceHandler(context, new TransactionAdmission(context, api)));
        table.with(ApiKey.FETCH, FetchRequest.class, new FetchHandler(context));
        table.with(ApiKey.LIST_OFFSETS, ListOffsetsRequest.class, new ListOffsetsHandler(context));
        table.with(ApiKey.METADATA, MetadataRequest.class, new MetadataHandler(context, creation));
        table.with(
                ApiKey.DESCRIBE_TOPIC_PARTITIONS,
                DescribeTopicPartitionsRequest.class,
                new DescribeTopicPartitionsHandler(context));
        table.with(ApiKey.DESCRIBE_CLUSTER, DescribeClusterRequest.class, new DescribeClusterHandler(context));
        table.with(ApiKey.CREATE_TOPICS, CreateTopicsRequest.class, new CreateTopicsHandler(context));
        table.with(ApiKey.DELETE_TOPICS, DeleteTopicsRequest.class, new DeleteTopicsHandler(context));
        table.with(ApiKey.CREATE_PARTITIONS, CreatePartitionsRequest.class, new CreatePartitionsHandler(context));
        table.with(ApiKey.DELETE_RECORDS, DeleteRecordsRequest.class, new DeleteRecordsHandler(context));
        table.with(
                ApiKey.OFFSET_FOR_LEADER_EPOCH,
                OffsetForLeaderEpochRequest.class,
                new OffsetForLeaderEpochHandler(context));
        table.with(ApiKey.INIT_PRODUCER_ID, InitProducerIdRequest.class, new InitProducerIdHandler(api, producerIds));
        table.with(ApiKey.DESCRIBE_PRODUCERS, DescribeProducersRequest.class, new DescribeProducersHandler(context));
        table.with(
                ApiKey.FIND_COORDINATOR, FindCoordinatorRequest.class, new FindCoordinatorHandler(context, creation));
        var configDecisions = new ConfigDecisions(context.nodeId(), context.live()::settings);
        table.with(
                ApiKey.DESCRIBE_CONFIGS,
                DescribeConfigsRequest.class,
                new DescribeConfigsHandler(context, configDecisions));
        table.with(ApiKey.ALTER_CONFIGS, AlterConfigsRequest.class, new AlterConfigsHandler(context, configDecisions));
        table.with(
                ApiKey.INCREMENTAL_ALTER_CONFIGS,
                IncrementalAlterConfigsRequest.class,
                new IncrementalAlterConfigsHandler(context, configDecisions));
        table.with(
                ApiKey.LIST_CONFIG_RESOURCES,
                ListConfigResourcesRequest.class,
                new ListConfigResourcesHandler(context));
        table.with(
                ApiKey.DESCRIBE_LOG_DIRS,
                DescribeLogDirsRequest.class,
                new DescribeLogDirsHandler(context, directories, moves));
        table.with(
                ApiKey.ALTER_REPLICA_LOG_DIRS,
                AlterReplicaLogDirsRequest.class,
                new AlterReplicaLogDirsHandler(context, directories, moves));
        TelemetryHandlers.register(table, context);
        new ClientQuotaHandlers(context).register(table);
        new ScramHandlers(context).register(table);
        WithoutSecurityHandlers.register(table);
        new ReassignmentHandlers(context).register(table);
        new QuorumHandlers(context).register(table);
        GroupHandlers.register(table, groups);
        new StreamsGroupHandlers(context, new StreamsApi(groups)).register(table);
        new TransactionHandlers(context, creation, api, groups).register(table);
        new WriteTxnMarkersHandler(new TransactionMarkers(context.controller(), context.partitions(), groups))
                .register(table);
        TransactionQueryHandlers.register(table, new TransactionQueries(transactions));
        return table;
    }
}
