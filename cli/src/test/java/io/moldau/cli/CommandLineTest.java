package io.moldau.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class CommandLineTest {
    @Test
    void everyCommandExplainsItself() {
        assertExplained(CommandTree.commandLine(List.of()));
    }

    private static void assertExplained(CommandLine line) {
        assertThat(line.getUsageMessage()).contains("Usage:", "--help");
        line.getSubcommands().values().forEach(CommandLineTest::assertExplained);
    }

    @Test
    void aWrongUseEndsWithTwo() {
        assertThat(run("topics", "list", "--nonsense")).isEqualTo(2);
        assertThat(run("topics", "create")).isEqualTo(2);
        assertThat(run("nonsense")).isEqualTo(2);
    }

    @Test
    void aFailureEndsWithOne() {
        assertThat(run("topics", "list", "-b", "127.0.0.1:1")).isEqualTo(1);
        assertThat(run("start", "--set", "num.partition=1")).isEqualTo(1);
        assertThat(run("consume", "orders", "--from", "somewhere")).isEqualTo(1);
    }

    @Test
    void optionsThatContradictEachOtherAreRefused() {
        assertThat(complaint("--group", "a", "--share", "b")).contains("two kinds of groups");
        assertThat(complaint("--share", "a", "--from", "beginning"))
                .contains("moldau config set group a share.auto.offset.reset=earliest");
        assertThat(complaint("--share", "a", "--to-end")).contains("leave out --partition and --to-end");
        assertThat(complaint("--group", "a", "--partition", "0")).contains("leave out --partition and --to-end");
    }

    private static String complaint(String... options) {
        var arguments = new ArrayList<>(List.of("consume", "orders"));
        arguments.addAll(List.of(options));
        var before = System.err;
        var said = new ByteArrayOutputStream();
        try (var capture = new PrintStream(said, true, UTF_8)) {
            System.setErr(capture);
            assertThat(run(arguments.toArray(new String[0]))).isEqualTo(1);
        } finally {
            System.setErr(before);
        }
        return said.toString(UTF_8);
    }

    @Test
    void helpAndVersionEndWithZero() {
        assertThat(run("--version")).isZero();
        assertThat(run("topics", "--help")).isZero();
    }

    private static int run(String... arguments) {
        return CommandTree.commandLine(List.of(arguments)).execute(arguments);
    }

    @Test
    void placesAreWordsOffsetsAndTimes() {
        assertThat(Places.parse("17")).isEqualTo(new Places.Offset(17));
        assertThat(Places.parse("@1700000000000")).isEqualTo(new Places.Time(1_700_000_000_000L));
        assertThat(Places.parse("1970-01-01T00:00:01Z")).isEqualTo(new Places.Time(1000));
        assertThatThrownBy(() -> Places.parse("-3")).hasMessageContaining("expected beginning");
    }

    @Test
    void tablesAreAlignedForPeopleAndJsonForPrograms() throws IOException {
        var table = new Table("topic", "partitions").row("orders", 12).row("a", 3);
        assertThat(printed(table, false)).isEqualTo("topic   partitions\norders          12\na                3\n");
        assertThat(printed(table, true))
                .isEqualTo("[{\"topic\":\"orders\",\"partitions\":12},{\"topic\":\"a\",\"partitions\":3}]\n");
    }

    private static String printed(Table table, boolean json) throws IOException {
        var bytes = new ByteArrayOutputStream();
        table.print(new PrintStream(bytes, true, UTF_8), json);
        return bytes.toString(UTF_8).replace(System.lineSeparator(), "\n");
    }
}
