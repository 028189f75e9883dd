package io.moldau.broker;

import io.moldau.groups.share.ShareGroupSettings;
import io.moldau.groups.share.ShareStates;
import io.moldau.protocol.ErrorCode;
import io.moldau.shares.ShareCoordinator;
import io.moldau.shares.ShareKey;
import io.moldau.shares.SharePartitions;
import java.util.List;
import java.util.function.Consumer;

/// The share states of groups, made, set and deleted on behalf of the group coordinator.
///
/// @param creation makes the topic of the states when the first is needed
record ShareStateKeeper(
        ShareGroupRules rules, ShareCoordinator store, SharePartitions partitions, TopicCreation creation)
        implements ShareStates {
    @Override
    public ShareGroupSettings settings(String group) {
        return rules.membership(group);
    }

    @Override
    public void ensure(String group, int stateEpoch, List<Start> starts, Consumer<ErrorCode> done) {
        creation.whenThere(ShareCoordinator.TOPIC, failure -> {
            if (failure.isPresent()) {
                done.accept(ErrorCode.COORDINATOR_NOT_AVAILABLE);
                return;
            }
            Gathered.<Start, ErrorCode>each(
                    starts,
                    (start, one) -> store.ensure(key(group, start), stateEpoch, start.offset(), one),
                    errors -> done.accept(first(errors)));
        });
    }

    @Override
    public void reset(String group, int stateEpoch, List<Start> starts, Consumer<List<ErrorCode>> done) {
        creation.whenThere(
                ShareCoordinator.TOPIC,
                failure -> Gathered.<Start, ErrorCode>each(
                        starts,
                        (start, one) -> store.initialise(key(group, start), stateEpoch, start.offset(), error -> {
                            partitions.forget(key(group, start));
                            one.accept(error);
                        }),
                        done));
    }

    @Override
    public void delete(String group, List<Part> parts, Consumer<ErrorCode> done) {
        Gathered.<Part, ErrorCode>each(
                parts,
                (part, one) -> {
                    var key = new ShareKey(group, part.topic(), part.partition());
                    store.delete(key, error -> {
                        partitions.forget(key);
                        one.accept(error);
                    });
                },
                errors -> done.accept(first(errors)));
    }

    private static ShareKey key(String group, Start start) {
        return new ShareKey(group, start.topic(), start.partition());
    }

    private static ErrorCode first(List<ErrorCode> errors) {
        return errors.stream()
                .filter(error -> error != ErrorCode.NONE)
                .findFirst()
                .orElse(ErrorCode.NONE);
    }
}
