package io.moldau.environment.simulated;

import io.moldau.environment.Threads;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// No threads at all: tasks wait in one queue until [#runOne] or [#runAll].
public final class SimulatedThreads implements Threads {
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

    @Override
    public Thread start(String name, Runnable body) {
        throw new UnsupportedOperationException("a simulation has no thread for " + name);
    }

    @Override
    public Executor blocking() {
        return tasks::add;
    }

    @Override
    public Dedicated dedicated(String name) {
        return new Dedicated() {
            @Override
            public void execute(Runnable task) {
                tasks.add(task);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public <T> void each(int width, Collection<T> many, Consumer<T> work) {
        List.copyOf(many).forEach(work);
    }

    /// Runs the oldest task; false if there is none.
    public boolean runOne() {
        var task = tasks.poll();
        if (task == null) {
            return false;
        }
        task.run();
        return true;
    }

    public void runAll() {
        while (runOne()) {}
    }

    /// Forgets everything, as a crash does.
    public void clear() {
        tasks.clear();
    }
}
