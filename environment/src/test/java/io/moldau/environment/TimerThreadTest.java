package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TimerThreadTest {
    private static final long PATIENCE_S = 30;

    private final AtomicLong stopped = new AtomicLong(1);
    /// It stands still until it is let go, so that what is scheduled is scheduled at one time.
    private final Clock clock = new Clock() {
        @Override
        public long wallMs() {
            return System.currentTimeMillis();
        }

        @Override
        public long nanos() {
            long at = stopped.get();
            return at == 0 ? System.nanoTime() : at;
        }
    };
    private final Timers timers = new TimerThread("timers-under-test", clock);

    TimerThreadTest() {
        stopped.set(System.nanoTime());
    }

    private void letTheClockGo() {
        stopped.set(0);
    }

    @Test
    void tasksRunInTheOrderOfTheirTimesWhateverTheOrderInWhichTheyCame() throws Exception {
        var ran = new ArrayList<Integer>();
        var last = new CountDownLatch(1);
        timers.schedule(60, last::countDown);
        timers.schedule(40, () -> ran.add(3));
        timers.schedule(-1, () -> ran.add(1));
        timers.schedule(20, () -> ran.add(2));
        timers.schedule(Long.MAX_VALUE, () -> ran.add(4));
        letTheClockGo();
        assertThat(last.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly(1, 2, 3);
    }

    @Test
    void aTaskThatWasTakenBackDoesNotRunAndOneThatRanCannotBe() throws Exception {
        letTheClockGo();
        var ran = new CompletableFuture<String>();
        var first = timers.schedule(1, () -> ran.complete("first"));
        assertThat(timers.schedule(Long.MAX_VALUE, () -> {}).cancel()).isTrue();
        assertThat(ran.get(PATIENCE_S, TimeUnit.SECONDS)).isEqualTo("first");
        assertThat(first.cancel()).isFalse();
        var second = new CompletableFuture<String>();
        var taken = timers.schedule(5, () -> second.complete("taken back"));
        assertThat(taken.cancel()).isTrue();
        assertThat(taken.cancel()).isFalse();
        timers.schedule(10, () -> second.complete("left"));
        assertThat(second.get(PATIENCE_S, TimeUnit.SECONDS)).isEqualTo("left");
    }

    @Test
    void aSleepingThreadIsWokenForATaskThatIsDueEarlierAndLaterOnesAreNotForgotten() throws Exception {
        var ran = new CopyOnWriteArrayList<String>();
        var late = new CompletableFuture<Boolean>();
        var never = timers.schedule(3_600_000, () -> {});
        timers.schedule(50, () -> {
            ran.add("late");
            late.complete(true);
        });
        timers.schedule(5, () -> ran.add("early"));
        letTheClockGo();
        assertThat(late.get(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        assertThat(ran).containsExactly("early", "late");
        assertThat(never.cancel()).isTrue();
        var afterSilence = new CompletableFuture<Boolean>();
        timers.schedule(1, () -> afterSilence.complete(true));
        assertThat(afterSilence.get(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aTaskThatFailsDoesNotEndTheOthers() throws Exception {
        letTheClockGo();
        var told = new CompletableFuture<Throwable>();
        var after = new CompletableFuture<Boolean>();
        timers.schedule(0, () -> {
            Thread.currentThread().setUncaughtExceptionHandler((_, failure) -> told.complete(failure));
            throw new IllegalStateException("a bug");
        });
        timers.schedule(1, () -> after.complete(true));
        assertThat(after.get(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        assertThat(told.get(PATIENCE_S, TimeUnit.SECONDS)).hasMessage("a bug");
    }
}
