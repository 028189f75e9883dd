package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that are not Java: librdkafka by kcat and by Python's confluent-kafka, those of Node.js, and kafka-python.
class OtherClientsTest {
    @TempDir
    static Path directory;

    private static final List<RunningNode> RUNNING = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        RUNNING.add(RunningNode.in(directory));
    }

    @AfterAll
    static void stop() {
        RUNNING.forEach(RunningNode::close);
        RUNNING.clear();
    }

    private static String bootstrap() {
        return RUNNING.getFirst().bootstrap();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void kcatReadsWhatItWrote(String codec) throws Exception {
        assumeTrue(Programs.installed("kcat"), "kcat is not installed: apt-get install kcat");
        var topic = "kcat-" + codec;
        var lines = new ArrayList<String>();
        for (int i = 0; i < 1000; i++) {
            lines.add("key" + i + ":value " + i + " by " + codec);
        }
        var file = Files.write(directory.resolve(topic), lines);
        Programs.run(List.of(
                "kcat",
                "-P",
                "-b",
                bootstrap(),
                "-t",
                topic,
                "-K",
                ":",
                "-z",
                codec,
                "-H",
                "from=kcat",
                "-X",
                "enable.idempotence=true",
                "-l",
                file.toString()));
        var read = Programs.run(List.of(
                "kcat", "-C", "-q", "-e", "-b", bootstrap(), "-t", topic, "-o", "beginning", "-f", "%k:%s|%h\n"));
        assertThat(read.lines())
                .containsExactlyElementsOf(
                        lines.stream().map(line -> line + "|from=kcat").toList());
    }

    @Test
    void kcatReadsInAGroupAndSearchesByTime() throws Exception {
        assumeTrue(Programs.installed("kcat"), "kcat is not installed: apt-get install kcat");
        var file = Files.write(directory.resolve("grouped"), List.of("a", "b", "c"));
        Programs.run(List.of("kcat", "-P", "-b", bootstrap(), "-t", "grouped", "-l", file.toString()));
        var read = Programs.run(List.of(
                "kcat",
                "-q",
                "-e",
                "-b",
                bootstrap(),
                "-X",
                "auto.offset.reset=earliest",
                "-f",
                "%s\n",
                "-G",
                "kcat-group",
                "grouped"));
        assertThat(read.lines()).containsExactly("a", "b", "c");
        assertThat(Programs.run(List.of("kcat", "-Q", "-b", bootstrap(), "-t", "grouped:0:1")))
                .contains("offset 0");
        assertThat(Programs.run(List.of("kcat", "-L", "-b", bootstrap()))).contains("topic \"grouped\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"kafkajs.cjs", "platformatic.mjs"})
    void clientsOfNodeProduceConsumeInAGroupAdministerAndHaveTransactions(String program) throws Exception {
        assumeTrue(Programs.installed("node"), "node is not installed");
        assumeTrue(
                Files.exists(Path.of("js", "node_modules", "@platformatic", "kafka")), "run npm ci in conformance/js");
        assertThat(Programs.run(List.of("node", Path.of("js", program).toString(), bootstrap())))
                .isEqualTo("ok\n");
    }

    @ParameterizedTest
    @CsvSource({
        "confluent_kafka, confluent.py, ok",
        "kafka, kafka_python.py, ok None gzip snappy lz4 zstd",
    })
    void clientsOfPythonProduceConsumeInAGroupAndAdminister(String module, String program, String printed)
            throws Exception {
        var python = Path.of("/usr/bin/python3");
        assumeTrue(Files.isExecutable(python) && imports(python, module), module + " is not installed; see .ci/run");
        assertThat(Programs.run(
                        List.of(python.toString(), Path.of("python", program).toString(), bootstrap())))
                .isEqualTo(printed + "\n");
    }

    private static boolean imports(Path python, String module) throws Exception {
        return new ProcessBuilder(python.toString(), "-c", "import " + module)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
