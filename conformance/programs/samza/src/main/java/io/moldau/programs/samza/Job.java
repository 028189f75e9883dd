package io.moldau.programs.samza;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.samza.application.StreamApplication;
import org.apache.samza.application.descriptors.StreamApplicationDescriptor;
import org.apache.samza.config.MapConfig;
import org.apache.samza.operators.KV;
import org.apache.samza.runtime.LocalApplicationRunner;
import org.apache.samza.serializers.KVSerde;
import org.apache.samza.serializers.StringSerde;
import org.apache.samza.system.descriptors.GenericSystemDescriptor;

/// Upper-cases the values of a topic into another one, in one process without ZooKeeper, at least once: it goes on from
/// its checkpoint, which is in a compacted topic.
public final class Job {
    static final String IN = "samza-in";
    static final String OUT = "samza-out";

    private Job() {}

    public static void main(String[] arguments) {
        var runner = new LocalApplicationRunner(new UpperCase(), new MapConfig(settings(arguments[0])));
        runner.run();
        runner.waitForFinish();
    }

    private static Map<String, String> settings(String bootstrap) {
        var settings = new HashMap<String, String>();
        settings.put("job.name", "upper-case");
        settings.put("job.default.system", "kafka");
        settings.put("job.coordinator.factory", "org.apache.samza.standalone.PassthroughJobCoordinatorFactory");
        settings.put(
                "job.coordination.utils.factory", "org.apache.samza.standalone.PassthroughCoordinationUtilsFactory");
        settings.put("job.coordinator.system", "kafka");
        settings.put("job.coordinator.replication.factor", "1");
        settings.put("processor.id", "0");
        settings.put(
                "task.name.grouper.factory", "org.apache.samza.container.grouper.task.SingleContainerGrouperFactory");
        settings.put("task.checkpoint.factory", "org.apache.samza.checkpoint.kafka.KafkaCheckpointManagerFactory");
        settings.put("task.checkpoint.system", "kafka");
        settings.put("task.checkpoint.replication.factor", "1");
        settings.put("task.commit.ms", "500");
        settings.put("systems.kafka.samza.factory", "org.apache.samza.system.kafka.KafkaSystemFactory");
        settings.put("systems.kafka.consumer.bootstrap.servers", bootstrap);
        settings.put("systems.kafka.producer.bootstrap.servers", bootstrap);
        settings.put("systems.kafka.default.stream.samza.offset.default", "oldest");
        settings.put("systems.kafka.default.stream.replication.factor", "1");
        return settings;
    }

    /// The application as Samza's documentation has it.
    static final class UpperCase implements StreamApplication {
        @Override
        public void describe(StreamApplicationDescriptor application) {
            var kafka = new GenericSystemDescriptor("kafka", "org.apache.samza.system.kafka.KafkaSystemFactory");
            var serde = KVSerde.of(new StringSerde(), new StringSerde());
            var input = kafka.getInputDescriptor(IN, serde);
            var output = kafka.getOutputDescriptor(OUT, serde);
            application
                    .getInputStream(input)
                    .map(record -> KV.of(record.getKey(), record.getValue().toUpperCase(Locale.ROOT)))
                    .sendTo(application.getOutputStream(output));
        }
    }
}
