package io.moldau.broker;

import io.moldau.broker.ConfigDecisions.Outcome;
import io.moldau.broker.ConfigDecisions.Refusal;
import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;

/// One AlterConfigs or IncrementalAlterConfigs request: its resources one by one, committed together.
/// A refused resource does not keep the others from changing.
final class AlterationRun {
    /// A resource as the request names it.
    record Named(byte type, String name) {}

    private AlterationRun() {}

    /// The refusals, in the order of the resources; empty ones where a resource was changed.
    static <R> CompletableFuture<List<Optional<Refusal>>> of(
            Controller controller,
            List<R> resources,
            Function<R, Named> naming,
            BiFunction<MetadataImage, R, Outcome> decision,
            boolean validateOnly) {
        var times = new HashMap<Named, Integer>();
        resources.forEach(resource -> times.merge(naming.apply(resource), 1, Integer::sum));
        return controller.decide(image -> {
            var records = new ArrayList<MetadataRecord>();
            var refusals = new ArrayList<Optional<Refusal>>();
            for (var resource : resources) {
                if (times.getOrDefault(naming.apply(resource), 0) > 1) {
                    refusals.add(Optional.of(
                            new Refusal(ErrorCode.INVALID_REQUEST, "the request names this resource more than once")));
                    continue;
                }
                switch (decision.apply(image, resource)) {
                    case Outcome.Changed(var changes) -> {
                        records.addAll(changes);
                        refusals.add(Optional.empty());
                    }
                    case Outcome.Refused(var refusal) -> refusals.add(Optional.of(refusal));
                }
            }
            return new Controller.Decision<List<Optional<Refusal>>>(validateOnly ? List.of() : records, refusals);
        });
    }
}
