package io.moldau.programs.storm;

import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.storm.Config;
import org.apache.storm.LocalCluster;
import org.apache.storm.kafka.bolt.KafkaBolt;
import org.apache.storm.kafka.bolt.mapper.FieldNameBasedTupleToKafkaMapper;
import org.apache.storm.kafka.bolt.selector.DefaultTopicSelector;
import org.apache.storm.kafka.spout.FirstPollOffsetStrategy;
import org.apache.storm.kafka.spout.KafkaSpout;
import org.apache.storm.kafka.spout.KafkaSpoutConfig;
import org.apache.storm.topology.BasicOutputCollector;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.TopologyBuilder;
import org.apache.storm.topology.base.BaseBasicBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

/// Upper-cases the values of a topic into another one in a local cluster, at least once: a record is committed when the
/// bolt behind it has had its result acknowledged.
public final class Job {
    static final String IN = "storm-in";
    static final String OUT = "storm-out";
    static final String GROUP = "storm";

    private Job() {}

    public static void main(String[] arguments) throws Exception {
        var bootstrap = arguments[0];
        var topology = new TopologyBuilder();
        topology.setSpout("read", new KafkaSpout<>(spout(bootstrap)), 2);
        topology.setBolt("upper", new Upper(), 2).shuffleGrouping("read");
        topology.setBolt("write", bolt(bootstrap), 2).shuffleGrouping("upper");
        var settings = new Config();
        settings.setMaxSpoutPending(500);
        settings.setMessageTimeoutSecs(20);
        var cluster = new LocalCluster();
        cluster.submitTopology("upper-case", settings, topology.createTopology());
        // Until it is killed.
        new CountDownLatch(1).await();
    }

    private static KafkaSpoutConfig<String, String> spout(String bootstrap) {
        return KafkaSpoutConfig.builder(bootstrap, IN)
                .setProp("group.id", GROUP)
                .setProcessingGuarantee(KafkaSpoutConfig.ProcessingGuarantee.AT_LEAST_ONCE)
                .setFirstPollOffsetStrategy(FirstPollOffsetStrategy.UNCOMMITTED_EARLIEST)
                .setOffsetCommitPeriodMs(500)
                .build();
    }

    private static KafkaBolt<String, String> bolt(String bootstrap) {
        var producer = new Properties();
        producer.put("bootstrap.servers", bootstrap);
        producer.put("acks", "all");
        producer.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        producer.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
        return new KafkaBolt<String, String>()
                .withProducerProperties(producer)
                .withTopicSelector(new DefaultTopicSelector(OUT))
                .withTupleToKafkaMapper(new FieldNameBasedTupleToKafkaMapper<>("key", "value"));
    }

    /// What comes from a tuple is anchored to it, and the tuple is acknowledged after it.
    static final class Upper extends BaseBasicBolt {
        @Override
        public void execute(Tuple input, BasicOutputCollector collector) {
            collector.emit(new Values(
                    input.getStringByField("key"),
                    input.getStringByField("value").toUpperCase(Locale.ROOT)));
        }

        @Override
        public void declareOutputFields(OutputFieldsDeclarer declarer) {
            declarer.declare(new Fields("key", "value"));
        }
    }
}
