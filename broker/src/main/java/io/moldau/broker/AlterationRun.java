package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Alteration;
import io.moldau.broker.ConfigDecisions.Outcome;
import io.moldau.broker.ConfigDecisions.Refusal;
import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Response;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One AlterConfigs or IncrementalAlterConfigs request: its resources one by one, committed together.
/// A refused resource does not keep the others from changing.
final class AlterationRun {
    /// What is wished for one resource.
    record Wish(byte type, String name, List<Alteration> alterations) {
        private String resource() {
            return type + " " + name;
        }
    }

    /// What became of one wish, as the responses have it.
    record Fate(
            byte type,
            String name,
            short errorCode,
            @Nullable String errorMessage) {
        private static Fate of(Wish wish, Optional<Refusal> refusal) {
            return new Fate(
                    wish.type,
                    wish.name,
                    refusal.map(Refusal::error).orElse(ErrorCode.NONE).code(),
                    refusal.map(Refusal::reason).orElse(null));
        }
    }

    /// Replaces a resource's settings or alters some of them.
    interface Decision {
        Outcome of(MetadataImage image, byte type, String name, List<Alteration> alterations);
    }

    private final Controller controller;
    private final Decision decision;

    AlterationRun(Controller controller, Decision decision) {
        this.controller = controller;
        this.decision = decision;
    }

    /// Answers the call with the fates in the order of the wishes.
    void answer(Call call, List<Wish> wishes, boolean validateOnly, Function<List<Fate>, Response> response) {
        controller.decide(image -> decide(image, wishes, validateOnly)).whenComplete((refusals, failure) -> {
            if (failure != null) {
                call.fail(failure);
                return;
            }
            call.answer(response.apply(IntStream.range(0, wishes.size())
                    .mapToObj(i -> Fate.of(wishes.get(i), refusals.get(i)))
                    .toList()));
        });
    }

    private Controller.Decision<List<Optional<Refusal>>> decide(
            MetadataImage image, List<Wish> wishes, boolean validateOnly) {
        var times = new HashMap<String, Integer>();
        wishes.forEach(wish -> times.merge(wish.resource(), 1, Integer::sum));
        var records = new ArrayList<MetadataRecord>();
        var refusals = new ArrayList<Optional<Refusal>>();
        for (var wish : wishes) {
            if (times.getOrDefault(wish.resource(), 0) > 1) {
                refusals.add(Optional.of(
                        new Refusal(ErrorCode.INVALID_REQUEST, "the request names this resource more than once")));
                continue;
            }
            switch (decision.of(image, wish.type, wish.name, wish.alterations)) {
                case Outcome.Changed(var changes) -> {
                    records.addAll(changes);
                    refusals.add(Optional.empty());
                }
                case Outcome.Refused(var refusal) -> refusals.add(Optional.of(refusal));
            }
        }
        return new Controller.Decision<>(validateOnly ? List.of() : records, refusals);
    }
}
