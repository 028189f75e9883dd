package io.moldau.metadata;

import io.moldau.environment.Threads;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/// Decides what the cluster's facts become. A decision is a pure function of the image:
/// `image -> (records, answer)`. The controller appends the records, replays them, shows the new image to its
/// listeners, and only then gives the answer: whoever is answered finds the change in force.
public final class Controller implements AutoCloseable {
    /// Groups in the log before it is rewritten as one snapshot.
    private static final int COMPACT_AFTER_GROUPS = 10_000;

    /// Decisions waiting at most; one more is refused.
    private static final int MAX_WAITING = 10_000;

    /// What a decision leads to.
    public record Decision<T>(List<MetadataRecord> records, T answer) {}

    /// Told of every change, on the controller's thread, before the one who asked for it is answered.
    public interface Listener {
        void changed(List<MetadataRecord> records, MetadataImage image);
    }

    private final MetadataLog log;
    private final Threads threads;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    private final LinkedBlockingQueue<Runnable> waiting = new LinkedBlockingQueue<>(MAX_WAITING);
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile MetadataImage image = MetadataImage.EMPTY;
    private volatile boolean closed;

    private Controller(MetadataLog log, Threads threads) {
        this.log = log;
        this.threads = threads;
    }

    /// Replays the log; a new one is given `newClusterId`.
    public static Controller open(MetadataLog log, Threads threads, String newClusterId) throws IOException {
        var controller = new Controller(log, threads);
        var all = new ArrayList<MetadataRecord>();
        log.replay(all::addAll);
        if (all.isEmpty()) {
            all.add(new MetadataRecord.ClusterCreated(newClusterId));
            log.append(all);
        }
        controller.image = MetadataImage.EMPTY.replay(all);
        if (log.length() > COMPACT_AFTER_GROUPS) {
            log.compact(MetadataRecord.snapshot(controller.image));
        }
        return controller;
    }

    public MetadataImage image() {
        return image;
    }

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    /// Decides on the newest image; the future completes when the change is committed and in force.
    public <T> CompletableFuture<T> decide(Function<MetadataImage, Decision<T>> decision) {
        var answer = new CompletableFuture<T>();
        if (closed) {
            answer.completeExceptionally(new IllegalStateException("the node is stopping"));
        } else if (!waiting.offer(() -> run(decision, answer))) {
            answer.completeExceptionally(
                    new IllegalStateException(MAX_WAITING + " metadata changes are waiting already: try again later"));
        } else {
            pump();
        }
        return answer;
    }

    /// One blocking thread at a time works the queue off; it is borrowed only while there is work.
    private void pump() {
        if (!waiting.isEmpty() && running.compareAndSet(false, true)) {
            threads.blocking().execute(() -> {
                Runnable next;
                while ((next = waiting.poll()) != null) {
                    next.run();
                }
                running.set(false);
                pump();
            });
        }
    }

    private <T> void run(Function<MetadataImage, Decision<T>> decision, CompletableFuture<T> answer) {
        T result;
        try {
            var decided = decision.apply(image);
            if (!decided.records().isEmpty()) {
                log.append(decided.records());
                var next = image.replay(decided.records());
                image = next;
                listeners.forEach(listener -> listener.changed(decided.records(), next));
            }
            result = decided.answer();
        } catch (IOException failure) {
            answer.completeExceptionally(new CompletionException("writing the metadata log failed", failure));
            return;
        } catch (RuntimeException failure) {
            answer.completeExceptionally(failure);
            return;
        }
        answer.complete(result);
    }

    @Override
    public void close() throws IOException {
        closed = true;
        var drained = new CompletableFuture<Boolean>();
        if (waiting.offer(() -> drained.complete(true))) {
            pump();
            drained.join();
        }
        log.close();
    }
}
