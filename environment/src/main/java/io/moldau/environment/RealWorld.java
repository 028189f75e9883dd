package io.moldau.environment;

import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// The machine itself behind the interfaces of this room.
final class RealWorld {
    private static final int BLOCKING_THREADS = 4;

    private RealWorld() {}

    static Environment create() {
        Clock clock = new Clock() {
            @Override
            public long wallMs() {
                return System.currentTimeMillis();
            }

            @Override
            public long nanos() {
                return System.nanoTime();
            }
        };
        var blocking = pool("moldau-blocking");
        var reading = pool("moldau-reader");
        Threads threads = new Threads() {
            @Override
            public Thread start(String name, Runnable body) {
                return Thread.ofPlatform().name(name).daemon(true).start(body);
            }

            @Override
            public Executor blocking() {
                return blocking;
            }

            @Override
            public Executor reading() {
                return reading;
            }
        };
        return new Environment(clock, new TimerThread("moldau-timer", clock), threads, Disk.real(), lazyRandomness());
    }

    private static ThreadPoolExecutor pool(String name) {
        var pool = new ThreadPoolExecutor(
                BLOCKING_THREADS, BLOCKING_THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory(name));
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    /// The secure source is opened at its first use: it costs start-up time.
    private static Randomness lazyRandomness() {
        return new Randomness() {
            private final ThreadLocal<SecureRandom> source = ThreadLocal.withInitial(SecureRandom::new);

            @Override
            public long nextLong() {
                return source.get().nextLong();
            }
        };
    }

    private static ThreadFactory factory(String name) {
        return Thread.ofPlatform().name(name, 0).daemon(true).factory();
    }
}
