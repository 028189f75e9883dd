package io.moldau.environment;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class StrandTest {
    private static final int THREADS = 4;
    private static final int TASKS = 20_000;

    @RepeatedTest(40)
    void tasksOfManyThreadsRunOneAtATimeAndEachThreadsInItsOrder() throws InterruptedException {
        // Given
        var strand = new Strand();
        var world = Environment.real();
        // Plain, unguarded state: two tasks at once would lose updates.
        var seen = new int[THREADS];
        var disorder = new ArrayList<String>();
        var done = new CountDownLatch(THREADS * TASKS);
        // When
        for (int thread = 0; thread < THREADS; thread++) {
            int own = thread;
            world.threads().start("offering-" + thread, () -> {
                for (int task = 0; task < TASKS; task++) {
                    int number = task;
                    strand.execute(() -> {
                        if (seen[own]++ != number) {
                            disorder.add(own + ":" + number);
                        }
                        done.countDown();
                    });
                }
            });
        }
        done.await();
        // Then
        var copied = new CountDownLatch(1);
        var result = new ArrayList<Integer>();
        strand.execute(() -> {
            for (int count : seen) {
                result.add(count);
            }
            copied.countDown();
        });
        copied.await();
        assertThat(result).containsOnly(TASKS).hasSize(THREADS);
        assertThat(disorder).isEmpty();
    }

    @Test
    void workOfferedFromWithinComesAfterTheTaskThatOffersIt() {
        var strand = new Strand();
        List<String> order = new ArrayList<>();
        strand.execute(() -> {
            strand.execute(() -> order.add("inner"));
            order.add("outer");
        });
        assertThat(order).containsExactly("outer", "inner");
    }

    @Test
    void aTaskThatThrowsEndsNeitherTheStrandNorLaterTasks() {
        var strand = new Strand();
        List<String> order = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        var thread = Thread.currentThread();
        var before = thread.getUncaughtExceptionHandler();
        thread.setUncaughtExceptionHandler((where, failure) -> failures.add(failure));
        try {
            strand.execute(() -> {
                strand.execute(() -> order.add("after"));
                throw new IllegalStateException("a bug");
            });
        } finally {
            thread.setUncaughtExceptionHandler(before);
        }
        assertThat(order).containsExactly("after");
        assertThat(failures).hasSize(1);
    }
}
