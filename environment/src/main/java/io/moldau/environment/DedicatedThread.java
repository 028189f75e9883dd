package io.moldau.environment;

import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;

/// One thread that runs the tasks it is given; an empty task ends it.
final class DedicatedThread implements Threads.Dedicated {
    private final Threads threads;
    private final String name;
    private final LinkedBlockingQueue<Optional<Runnable>> tasks = new LinkedBlockingQueue<>();
    private boolean started;

    DedicatedThread(Threads threads, String name) {
        this.threads = threads;
        this.name = name;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(Optional.of(task));
        startOnce();
    }

    private synchronized void startOnce() {
        if (!started) {
            started = true;
            threads.start(name, this::run);
        }
    }

    private void run() {
        try {
            for (var task = tasks.take(); task.isPresent(); task = tasks.take()) {
                try {
                    task.get().run();
                } catch (Throwable failure) {
                    var thread = Thread.currentThread();
                    thread.getUncaughtExceptionHandler().uncaughtException(thread, failure);
                }
            }
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        tasks.add(Optional.empty());
    }
}
