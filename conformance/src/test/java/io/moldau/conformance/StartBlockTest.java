package io.moldau.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StartBlockTest {
    @Test
    void whatANodePrintsNamesItsAddressItsDataAndItsProcess(@TempDir Path directory) throws Exception {
        try (var node = NodeProcess.start(directory)) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(node.output())
                            .containsPattern("(?m)^  address     " + node.bootstrap() + "$")
                            .contains(directory.toString())
                            .containsPattern("(?m)^  process     " + node.pid() + "$")
                            .contains("./moldau consume greetings"));
        }
    }
}
