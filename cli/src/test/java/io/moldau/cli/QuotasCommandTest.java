package io.moldau.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.broker.Node;
import io.moldau.environment.Environment;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuotasCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream error = new ByteArrayOutputStream();
    private final PrintStream realOut = System.out;
    private final PrintStream realError = System.err;

    @BeforeEach
    void listen() {
        System.setOut(new PrintStream(out, true, UTF_8));
        System.setErr(new PrintStream(error, true, UTF_8));
    }

    @AfterEach
    void giveBack() {
        System.setOut(realOut);
        System.setErr(realError);
    }

    private static int run(Node node, String... arguments) {
        var all = Stream.concat(
                        Stream.of(arguments),
                        Stream.of("-b", "127.0.0.1:" + node.address().getPort()))
                .toList();
        return CommandTree.commandLine(all).execute(all.toArray(new String[0]));
    }

    private List<String> listed(Node node) {
        out.reset();
        assertThat(run(node, "quotas", "list")).isZero();
        return out.toString(UTF_8)
                .lines()
                .skip(1)
                .map(line -> line.strip().replaceAll(" +", " "))
                .toList();
    }

    @Test
    void quotasAreSetListedAndDeleted(@TempDir Path directory) throws Exception {
        try (var node = Node.start(
                Environment.real(), Map.of("log.dirs", directory.toString(), "listeners", "PLAINTEXT://127.0.0.1:0"))) {
            assertThat(run(
                            node,
                            "quotas",
                            "set",
                            "--client-id",
                            "etl",
                            "producer_byte_rate=1e6",
                            "request_percentage=5"))
                    .isZero();
            assertThat(run(node, "quotas", "set", "--default", "user", "--client-id", "etl", "consumer_byte_rate=7"))
                    .isZero();
            assertThat(listed(node))
                    .containsExactly(
                            "client-id etl producer_byte_rate 1000000.0",
                            "client-id etl request_percentage 5.0",
                            "client-id etl, user (default) consumer_byte_rate 7.0");
            assertThat(run(node, "quotas", "delete", "--client-id", "etl", "producer_byte_rate", "request_percentage"))
                    .isZero();
            assertThat(listed(node)).hasSize(1);
            assertThat(run(node, "quotas", "set", "--ip", "10.0.0.1", "producer_byte_rate=1"))
                    .isEqualTo(1);
            assertThat(error.toString(UTF_8)).contains("an ip has connection_creation_rate");
            assertThat(run(node, "quotas", "set", "producer_byte_rate=1")).isEqualTo(2);
            assertThat(run(node, "quotas", "set", "--user", "a", "--default", "user", "producer_byte_rate=1"))
                    .isEqualTo(2);
        }
    }
}
