package io.moldau.programs.flink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/// Numbers the records of each key, in a local mini cluster with checkpoints, from a topic to a topic exactly once.
/// A new process goes on from the last checkpoint.
public final class Job {
    static final String IN = "flink-in";
    static final String OUT = "flink-out";

    private Job() {}

    public static void main(String[] arguments) throws Exception {
        var bootstrap = arguments[0];
        var directory = Path.of(arguments[1]);
        var naming = TransactionNamingStrategy.valueOf(arguments[2]);
        var checkpoints = directory.resolve("checkpoints");
        Files.createDirectories(checkpoints);
        var settings = new Configuration();
        settings.set(
                CheckpointingOptions.CHECKPOINTS_DIRECTORY, checkpoints.toUri().toString());
        settings.set(
                CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
                ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
        settings.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(500));
        settings.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 100);
        settings.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1000);
        settings.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(500));
        lastCheckpoint(checkpoints).ifPresent(path -> {
            System.out.println("goes on from " + path);
            settings.set(StateRecoveryOptions.SAVEPOINT_PATH, path.toUri().toString());
        });
        var environment = StreamExecutionEnvironment.createLocalEnvironment(2, settings);
        environment
                .fromSource(source(bootstrap), WatermarkStrategy.noWatermarks(), "in")
                .map(new FailsOnce(directory.resolve("failed").toString()))
                .keyBy(new FirstWord())
                .map(new Numbered())
                .sinkTo(sink(bootstrap, naming));
        environment.execute("numbered");
    }

    private static KafkaSource<String> source(String bootstrap) {
        return KafkaSource.<String>builder()
                .setBootstrapServers(bootstrap)
                .setTopics(IN)
                .setGroupId("flink")
                .setStartingOffsets(OffsetsInitializer.earliest())
                .setValueOnlyDeserializer(new SimpleStringSchema())
                .build();
    }

    private static KafkaSink<String> sink(String bootstrap, TransactionNamingStrategy naming) {
        return KafkaSink.<String>builder()
                .setBootstrapServers(bootstrap)
                .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
                .setTransactionalIdPrefix("flink")
                .setTransactionNamingStrategy(naming)
                .setProperty("transaction.timeout.ms", "600000")
                .setRecordSerializer(KafkaRecordSerializationSchema.<String>builder()
                        .setTopic(OUT)
                        .setValueSerializationSchema(new SimpleStringSchema())
                        .build())
                .build();
    }

    private static Optional<Path> lastCheckpoint(Path checkpoints) throws IOException {
        try (var files = Files.walk(checkpoints)) {
            return files.filter(file -> file.getFileName().toString().equals("_metadata"))
                    .max(Comparator.comparing(file -> file.toFile().lastModified()))
                    .map(Path::getParent);
        }
    }

    private static final class FirstWord implements KeySelector<String, String> {
        @Override
        public String getKey(String line) {
            return line.substring(0, line.indexOf(' '));
        }
    }

    /// Throws in the middle, once, as a user's function does.
    private static final class FailsOnce implements MapFunction<String, String> {
        private final String marker;
        private int seen;

        FailsOnce(String marker) {
            this.marker = marker;
        }

        @Override
        public String map(String line) throws IOException {
            if (++seen == 1500 && Path.of(marker).toFile().createNewFile()) {
                throw new IOException("fails on purpose");
            }
            return line;
        }
    }

    /// The state that must fit the output.
    private static final class Numbered extends RichMapFunction<String, String> {
        private transient ValueState<Long> count;

        @Override
        public void open(OpenContext context) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public String map(String line) throws IOException {
            var before = count.value();
            long now = before == null ? 1 : before + 1;
            count.update(now);
            return now + ": " + line;
        }
    }
}
