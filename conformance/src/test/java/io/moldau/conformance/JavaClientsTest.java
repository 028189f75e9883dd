package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The official Java client in several versions, each alone in a class loader, does everything an application does.
class JavaClientsTest {
    private static final Path CLIENTS = Path.of("target", "clients");

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

    @ParameterizedTest
    @CsvSource({
        "4.3.1, classic",
        "4.3.1, cooperative",
        "4.3.1, consumer",
        "4.0.1, classic",
        "4.0.1, consumer",
        "3.9.1, classic",
        "3.9.1, static",
        "3.9.1, consumer",
        "2.8.2, classic",
        "2.8.2, cooperative"
    })
    void anApplicationWorksUnchanged(String version, String protocol) throws Exception {
        var topic = "app-" + version.replace('.', '-') + "-" + protocol;
        assertThat(run(version, "ClientScenario", Map.of("topic", topic, "protocol", protocol)))
                .isEqualTo("ok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"4.3.1", "4.0.1", "3.9.1", "2.8.2"})
    void anApplicationWithTransactionsWorksUnchanged(String version) throws Exception {
        var topic = "transactions-" + version.replace('.', '-');
        assertThat(run(version, "TransactionScenario", Map.of("topic", topic))).isEqualTo("ok");
    }

    @ParameterizedTest
    @CsvSource({"2.1.1, none gzip snappy lz4 zstd, true", "1.1.1, none gzip snappy lz4, true"})
    void anOldApplicationWorksUnchanged(String version, String codecs, boolean transactional) throws Exception {
        var topic = "old-" + version.replace('.', '-');
        create(topic);
        var answer = run(
                version,
                "OldClientScenario",
                Map.of("topic", topic, "codecs", codecs, "transactional", Boolean.toString(transactional)));
        assertThat(answer).isEqualTo("ok");
    }

    /// As Apache Kafka 4.3 does: Produce below 3 cannot be answered, the connection is closed (KIP-896).
    @Test
    void aProducerThatIsTooOldFailsAtOnceAndIsNotLeftWaiting() throws Exception {
        create("too-old");
        var answer = run("0.10.2.2", "OldClientScenario", Map.of("topic", "too-old", "role", "producer"));
        assertThat(answer).contains("NetworkException: The server disconnected");
    }

    private static void create(String topic) throws Exception {
        try (var admin =
                Admin.create(Map.of("bootstrap.servers", RUNNING.getFirst().bootstrap()))) {
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
        }
    }

    private static String run(String version, String name, Map<String, String> more) throws Exception {
        try (var loader = loader(version)) {
            var type = loader.loadClass("io.moldau.conformance.scenario." + name);
            @SuppressWarnings("unchecked")
            var scenario = (Function<Map<String, String>, String>)
                    type.getDeclaredConstructor().newInstance();
            var arguments = new HashMap<>(more);
            arguments.put("bootstrap", RUNNING.getFirst().bootstrap());
            return scenario.apply(arguments);
        }
    }

    private static URLClassLoader loader(String version) throws Exception {
        var urls = new ArrayList<URL>();
        urls.add(Path.of("target", "test-classes").toUri().toURL());
        addJars(CLIENTS.resolve(version), urls);
        addJars(CLIENTS.resolve("shared"), urls);
        return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private static void addJars(Path folder, List<URL> urls) throws Exception {
        try (var files = Files.list(folder)) {
            for (var file : files.sorted().toList()) {
                urls.add(url(file));
            }
        }
    }

    private static URL url(Path file) throws MalformedURLException {
        return file.toUri().toURL();
    }
}
