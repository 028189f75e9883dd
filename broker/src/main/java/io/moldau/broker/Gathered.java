package io.moldau.broker;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// Asks the same for each of several things, and goes on when the last answer is there.
final class Gathered {
    private Gathered() {}

    /// `all` gets the answers in the order of `questions`.
    static <Q, A> void each(List<Q> questions, BiConsumer<Q, Consumer<A>> ask, Consumer<List<A>> all) {
        int count = questions.size();
        if (count == 0) {
            all.accept(List.of());
            return;
        }
        var answers = new AtomicReferenceArray<A>(count);
        var missing = new AtomicInteger(count);
        for (int i = 0; i < count; i++) {
            int slot = i;
            ask.accept(questions.get(i), answer -> {
                answers.set(slot, answer);
                if (missing.decrementAndGet() == 0) {
                    var ordered = new ArrayList<A>(count);
                    for (int j = 0; j < count; j++) {
                        ordered.add(answers.get(j));
                    }
                    all.accept(ordered);
                }
            });
        }
    }
}
