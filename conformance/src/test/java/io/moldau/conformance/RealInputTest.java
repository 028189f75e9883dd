package io.moldau.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The main job on real input: twenty thousand flights (npm package vega-datasets), keyed by their origin, written by
/// `moldau produce` while the broker is killed again and again, and read back by other people's clients.
class RealInputTest {
    private static final Path FLIGHTS = Path.of("js", "node_modules", "vega-datasets", "data", "flights-20k.json");
    private static final int KILLS = 4;

    @TempDir
    Path directory;

    @Test
    void whatWasAcknowledgedIsThereOnceAndInOrderAfterEveryKill() throws Exception {
        assumeTrue(Files.exists(FLIGHTS), "the data set is not installed: run npm ci in conformance/js");
        // Given
        var lines = flights();
        try (var node = NodeProcess.start(directory.resolve("data"))) {
            Programs.run(NodeProcess.command(
                    "topics", "create", "flights", "--partitions", "3", "--bootstrap-server", node.bootstrap()));
            // When
            var report = produceThroughKills(node, lines);
            // Then
            assertThat(report).contains(Integer.toString(lines.size()));
            var expected = byKey(lines);
            assertThat(readByJavaClient(node.bootstrap(), lines.size())).isEqualTo(expected);
            if (Programs.installed("kcat")) {
                assertThat(readByKcat(node.bootstrap())).isEqualTo(expected);
            }
            assertThat(node.output()).contains("recovered after an unclean stop");
            // And a clean stop is quick and needs no recovery
            assertThat(node.stop()).isLessThan(Duration.ofSeconds(10));
            node.startAgain();
            assertThat(node.output()).contains("clean start");
            assertThat(readByJavaClient(node.bootstrap(), lines.size())).isEqualTo(expected);
        }
    }

    private String produceThroughKills(NodeProcess node, List<String> lines) throws Exception {
        var output = directory.resolve("produce.out");
        var producer = new ProcessBuilder(NodeProcess.command(
                        "produce", "flights", "--key-field", "origin", "--bootstrap-server", node.bootstrap()))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try (var input = producer.outputWriter(UTF_8)) {
            int chunk = lines.size() / (KILLS + 1);
            for (int i = 0; i < lines.size(); i++) {
                input.write(lines.get(i));
                input.newLine();
                if (i % chunk == chunk - 1) {
                    input.flush();
                    if (i / chunk < KILLS) {
                        node.killAndRestart();
                    }
                }
            }
        }
        int exit = producer.waitFor();
        var printed = Files.readString(output);
        assertThat(exit).as(printed).isZero();
        return printed;
    }

    private static List<String> flights() throws IOException {
        var json = new ObjectMapper();
        var lines = new ArrayList<String>();
        int number = 0;
        for (var flight : json.readTree(FLIGHTS.toFile())) {
            var numbered = new LinkedHashMap<String, Object>();
            // A number makes every record another one, so that a double cannot hide.
            numbered.put("number", number++);
            flight.properties().forEach(field -> numbered.put(field.getKey(), field.getValue()));
            lines.add(json.writeValueAsString(numbered));
        }
        return lines;
    }

    private static Map<String, List<String>> byKey(List<String> lines) throws IOException {
        var json = new ObjectMapper();
        var byKey = new LinkedHashMap<String, List<String>>();
        for (var line : lines) {
            add(byKey, json.readTree(line).get("origin").asText(), line);
        }
        return byKey;
    }

    private static void add(Map<String, List<String>> byKey, String key, String value) {
        byKey.computeIfAbsent(key, origin -> new ArrayList<>()).add(value);
    }

    private static Map<String, List<String>> readByJavaClient(String bootstrap, int expected) {
        var partitions = List.of(
                new TopicPartition("flights", 0), new TopicPartition("flights", 1), new TopicPartition("flights", 2));
        Map<String, Object> properties = Map.of("bootstrap.servers", bootstrap);
        var byKey = new LinkedHashMap<String, List<String>>();
        try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertThat(end).isEqualTo(expected);
            int read = 0;
            while (read < expected) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    add(byKey, record.key(), record.value());
                    read++;
                }
            }
        }
        return byKey;
    }

    private static Map<String, List<String>> readByKcat(String bootstrap) throws Exception {
        var printed = Programs.run(List.of(
                "kcat", "-C", "-q", "-e", "-b", bootstrap, "-t", "flights", "-o", "beginning", "-f", "%k\t%s\n"));
        var byKey = new LinkedHashMap<String, List<String>>();
        printed.lines().forEach(line -> {
            int tab = line.indexOf('\t');
            add(byKey, line.substring(0, tab), line.substring(tab + 1));
        });
        return byKey;
    }
}
