package io.moldau.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.simulated.SimulatedWorld;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerificationTest {
    private static final Path DATA = Path.of("/data");
    private static final Path FOLDER = DATA.resolve("t-0");
    private static final Path FIRST_SEGMENT = FOLDER.resolve("00000000000000000000.log");

    private final SimulatedWorld world = SimulatedWorld.of(1);
    private final LogDirectory directory;
    private final PartitionLog log;

    VerificationTest() throws IOException {
        directory = LogDirectory.open(world.environment(), DATA, LogDirectorySettings.DEFAULTS);
        log = directory.create(
                new PartitionId("t", 0),
                new UuidBits(1, 2),
                LogSettings.DEFAULTS.with(it -> it.segmentBytes(1000).indexIntervalBytes(200)));
        for (int i = 0; i < 30; i++) {
            log.append(Batches.of(7, 0, i, world.clock().wallMs(), "value " + i), 0, AppendOrigin.CLIENT);
        }
        world.threads().runAll();
    }

    private Verification.Report verify() throws IOException {
        return Verification.run(world.disk(), DATA, folder -> {});
    }

    private void damage(Path file, long position) throws IOException {
        try (var open = world.disk().open(file)) {
            var bytes = ByteBuffer.allocate(1);
            open.read(bytes, position);
            open.write(ByteBuffer.wrap(new byte[] {(byte) ~bytes.get(0)}), position);
        }
    }

    @Test
    void aDirectoryThatIsWellIsSaidToBe() throws IOException {
        directory.close();
        world.kill();
        var report = verify();
        assertThat(report.problems()).isEmpty();
        assertThat(report.logs()).isEqualTo(1);
        assertThat(report.segments()).isGreaterThan(2);
        assertThat(report.batches()).isEqualTo(30);
        assertThat(report.clean()).isTrue();
    }

    @Test
    void afterAKillTheJournalIsReadToo() throws IOException {
        world.kill();
        var report = verify();
        assertThat(report.problems()).isEmpty();
        assertThat(report.clean()).isFalse();
        assertThat(report.journalEntries()).isPositive();
    }

    @Test
    void damageIsFoundWhereverItIs() throws IOException {
        directory.close();
        world.kill();
        damage(FIRST_SEGMENT, 140);
        damage(FOLDER.resolve("00000000000000000000.index"), 12);
        var segments = world.disk().list(FOLDER).stream()
                .filter(name -> name.endsWith(".log"))
                .toList();
        world.disk().deleteIfExists(FOLDER.resolve(segments.getLast()));
        var texts = verify().problems().stream()
                .map(problem -> problem.file() + ": " + problem.text())
                .toList();
        assertThat(texts).hasSize(3);
        assertThat(String.join("\n", texts))
                .contains("t-0/00000000000000000000.log: bad checksum", "00000000000000000000.index: points at")
                .contains("the checkpoint says 30");
        damage(DATA.resolve("checkpoint"), 20);
        assertThat(verify().problems())
                .anySatisfy(problem -> assertThat(problem.text()).contains("no start is possible"));
    }

    @Test
    void aDirectoryInUseOrOfSomethingElseIsRefused() throws IOException {
        assertThatThrownBy(this::verify).hasMessageContaining("another process");
        assertThatThrownBy(() -> Verification.run(world.disk(), Path.of("/elsewhere"), folder -> {}))
                .hasMessageContaining("no data directory");
    }

    @Test
    void everyKindOfFileCanBeLookedInto() throws IOException {
        directory.checkpoint(false);
        log.append(Batches.of(7, 0, 30, world.clock().wallMs(), "more"), 0, AppendOrigin.CLIENT);
        world.threads().runAll();
        world.kill();
        var disk = world.disk();
        assertThat(FileDump.of(disk, FOLDER.resolve("00000000000000000000.index"))
                        .rows()
                        .getFirst())
                .isEqualTo(List.of(0L, 0));
        assertThat(FileDump.of(disk, FOLDER.resolve("00000000000000000000.timeindex"))
                        .rows())
                .isNotEmpty();
        assertThat(FileDump.of(disk, FOLDER.resolve("00000000000000000030.snapshot"))
                        .rows()
                        .getFirst())
                .contains(7L, 29);
        assertThat(FileDump.of(disk, FOLDER.resolve("partition.metadata"))
                        .rows()
                        .getFirst())
                .isEqualTo(List.of("version: 0"));
        assertThat(FileDump.of(disk, DATA.resolve("checkpoint")).rows().toString())
                .contains("t-0, 0, 30", "unclean");
        assertThat(FileDump.of(disk, DATA.resolve("journal")).rows().toString())
                .contains("create t", "append offsets 0..0", "append offsets 30..30");
    }

    @Test
    void theScrubFindsWhatADiskForgotAndGoesOn() throws IOException {
        var scrub = new Scrub(world.environment(), directory::logs, 1000);
        scrub.start();
        pass();
        assertThat(scrub.last().segments()).isEqualTo(log.segments().size() - 1);
        assertThat(scrub.last().damaged()).isZero();
        damage(FIRST_SEGMENT, 140);
        pass();
        assertThat(scrub.last().damaged()).isEqualTo(1);
        scrub.close();
    }

    private void pass() {
        for (int i = 0; i < 20; i++) {
            world.timers().advance(60);
            world.threads().runAll();
        }
    }
}
