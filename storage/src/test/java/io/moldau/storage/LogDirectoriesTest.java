package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogDirectoriesTest {
    private static final Path FIRST = Path.of("/disk1/data");
    private static final Path SECOND = Path.of("/disk2/data");

    private final SimulatedWorld world = SimulatedWorld.of(1);

    private LogDirectories open(Path... paths) throws IOException {
        return LogDirectories.open(world.environment(), List.of(paths), LogDirectorySettings.DEFAULTS);
    }

    private static List<LogDirectory.NewLog> wanted(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(
                        i -> new LogDirectory.NewLog(new PartitionId("t", i), new UuidBits(1, 1), LogSettings.DEFAULTS))
                .toList();
    }

    private AppendResult write(PartitionLog log) {
        return log.append(Batches.plain(world.clock().wallMs(), "value"), 0, AppendOrigin.CLIENT);
    }

    @Test
    void aNewLogGoesWhereThereAreTheFewest() throws IOException {
        var directories = open(FIRST, SECOND);
        directories.all().getFirst().create(wanted(0, 3));
        directories.create(wanted(3, 10), false);
        assertThat(directories.all().getFirst().size()).isEqualTo(5);
        assertThat(directories.all().getLast().size()).isEqualTo(5);
        assertThat(directories.log(new PartitionId("t", 9))).isPresent();
    }

    @Test
    void aFailingDirectoryTakesItsLogsOutOfServiceAndNoOthers() throws IOException {
        // Given
        var directories = open(FIRST, SECOND);
        var logs = directories.create(wanted(0, 4), false);
        logs.forEach(this::write);
        world.threads().runAll();
        var told = new ArrayList<String>();
        directories.all().getLast().onFailure(() -> told.add("second"));
        directories.all().getFirst().onFailure(() -> told.add("first"));
        // When
        world.disk().breakFolder(SECOND);
        var results = logs.stream().map(this::write).toList();
        world.threads().runAll();
        // Then
        assertThat(told).containsExactly("second");
        for (int i = 0; i < logs.size(); i++) {
            boolean well = logs.get(i).directory().path().equals(FIRST);
            assertThat(logs.get(i).view().durableEndOffset()).isEqualTo(well ? 2 : 1);
            assertThat(results.get(i)).isInstanceOf(well ? AppendResult.Appended.class : AppendResult.Refused.class);
        }
        directories
                .create(wanted(10, 12), false)
                .forEach(log -> assertThat(log.directory().path()).isEqualTo(FIRST));
        directories.retain();
        directories.close();
        world.kill();
        assertThat(open(FIRST, SECOND).all().getFirst().recovery().clean()).isTrue();
    }

    @Test
    void aDirectoryThatIsLostAtTheStartMayHoldWhatIsNotFound() throws IOException {
        var directories = open(FIRST, SECOND);
        directories.create(wanted(0, 2), false).forEach(this::write);
        world.threads().runAll();
        directories.close();
        world.kill();
        world.disk().breakFolder(SECOND);
        var again = open(FIRST, SECOND);
        assertThat(again.all().getLast().failure())
                .hasValueSatisfying(text -> assertThat(text).contains("/disk2/data", "cannot be used", "offline"));
        var missing = again.create(wanted(1, 2), true).getFirst();
        assertThat(missing.directory().path()).isEqualTo(SECOND);
        assertThat(write(missing)).isInstanceOf(AppendResult.Refused.class);
        again.close();
        world.kill();
        var well = open(FIRST, SECOND);
        assertThat(well.log(new PartitionId("t", 1)).orElseThrow().view().logEndOffset())
                .isEqualTo(1);
    }

    @Test
    void directoriesThatCannotBeMeantAreRefused() {
        assertThatThrownBy(() -> open(FIRST, FIRST)).hasMessageContaining("twice");
        assertThatThrownBy(() -> open(FIRST, FIRST.resolve("more"))).hasMessageContaining("inside /disk1/data");
        world.disk().breakFolder(FIRST);
        assertThatThrownBy(() -> open(FIRST, SECOND))
                .as("the first holds the metadata")
                .isInstanceOf(IOException.class);
    }

    @Test
    void aPartitionInTwoDirectoriesIsRefused() throws IOException {
        var directories = open(FIRST, SECOND);
        directories.all().getFirst().create(wanted(0, 1));
        directories.all().getLast().create(wanted(0, 1));
        directories.close();
        world.kill();
        assertThatThrownBy(() -> open(FIRST, SECOND)).hasMessageContaining("t-0 is in two log directories");
    }
}
