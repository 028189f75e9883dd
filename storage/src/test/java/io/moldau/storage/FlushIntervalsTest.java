package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class FlushIntervalsTest {
    private static final Path DATA = Path.of("/data");
    private static final PartitionId ID = new PartitionId("orders", 0);

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final PartitionLog log;

    FlushIntervalsTest() throws IOException {
        log = open().create(ID, new UuidBits(1, 2), LogSettings.DEFAULTS);
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
    }

    private void memory(Consumer<LogSettings.Builder> more) {
        log.updateSettings(LogSettings.of(it -> more.accept(it.durability(Durability.MEMORY))));
    }

    private void append(String... values) {
        log.append(Batches.plain(world.clock().wallMs(), values), 0, AppendOrigin.CLIENT);
    }

    private long endAfterAPowerCut() throws IOException {
        world.powerCut();
        return open().log(ID).map(it -> it.view().logEndOffset()).orElse(0L);
    }

    @Test
    void flushMessages1MakesEveryAnswerWaitForTheDiskWhateverTheDurability() throws IOException {
        memory(it -> it.flushMessages(1));
        append("a");
        assertThat(log.view().durableEndOffset()).isEqualTo(0);
        world.threads().runAll();
        assertThat(log.view().durableEndOffset()).isEqualTo(1);
        assertThat(endAfterAPowerCut()).isEqualTo(1);
    }

    @Test
    void afterSoManyRecordsALogInMemoryIsSynced() throws IOException {
        memory(it -> it.flushMessages(3));
        append("a", "b");
        assertThat(log.view().durableEndOffset()).isEqualTo(2);
        append("c");
        world.threads().runAll();
        append("d");
        assertThat(endAfterAPowerCut()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void afterSoMuchTimeALogInMemoryIsSynced() throws IOException {
        memory(it -> it.flushMs(1000));
        append("a");
        world.timers().advance(1000);
        world.threads().runAll();
        append("b");
        world.timers().advance(1000);
        world.threads().runAll();
        assertThat(endAfterAPowerCut()).isEqualTo(2);
    }

    @Test
    void aSegmentWhoseIndexIsFullTakesNoMore() throws IOException {
        log.updateSettings(LogSettings.of(it -> it.indexIntervalBytes(1).segmentIndexBytes(24)));
        append("a");
        append("b");
        append("c");
        assertThat(log.segments()).hasSize(2);
        assertThat(log.segments().getLast().baseOffset()).isEqualTo(2);
    }
}
