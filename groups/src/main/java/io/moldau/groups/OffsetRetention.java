package io.moldau.groups;

import io.moldau.coordination.CoordinatedState.Schedule;
import io.moldau.coordination.Effects;
import java.util.OptionalLong;
import java.util.function.Consumer;

/// Offsets that nobody will want any more go, and with its last offset a group that has no members (KIP-211).
///
/// An offset's time runs while no member reads its topic: since it was committed, and in a classic group that is
/// empty not before the last member left. Offsets that an open transaction may change stay. Unlike Kafka, an offset
/// that was set after the last member left has its full time too.
final class OffsetRetention {
    /// Offsets that one look removes; if there are more the next look is at once.
    private static final int MOST_AT_ONCE = 1_000;

    /// From when on the time of a group's offset runs; empty: it does not.
    interface Since {
        OptionalLong timeRunsMs(String groupId, String topic, CommittedOffset offset);
    }

    private final GroupSettings settings;
    private final Schedule schedule;
    private final OffsetStore offsets;
    private final Since since;
    private final Explanations explanations;

    OffsetRetention(
            GroupSettings settings, Schedule schedule, OffsetStore offsets, Since since, Explanations explanations) {
        this.settings = settings;
        this.schedule = schedule;
        this.offsets = offsets;
        this.since = since;
        this.explanations = explanations;
    }

    /// Looks now and then; `afterwards` runs when what is old is gone.
    void begin(Consumer<Effects> afterwards) {
        lookIn(settings.offsetsRetentionCheckMs(), afterwards);
    }

    private void lookIn(long delayMs, Consumer<Effects> afterwards) {
        schedule.after("offsets/retention", delayMs, effects -> {
            if (removeOld(effects)) {
                schedule.after("offsets/retained", 0, afterwards);
                lookIn(settings.offsetsRetentionCheckMs(), afterwards);
            } else {
                lookIn(0, afterwards);
            }
        });
    }

    /// True if nothing old is left.
    private boolean removeOld(Effects effects) {
        long now = schedule.nowMs();
        int removed = 0;
        for (var group : offsets.groups()) {
            int ofGroup = 0;
            for (var topic : offsets.offsets(group).entrySet()) {
                for (var partition : topic.getValue().entrySet()) {
                    if (removed + ofGroup == MOST_AT_ONCE) {
                        note(group, ofGroup);
                        return false;
                    }
                    if (isOld(group, topic.getKey(), partition.getKey(), partition.getValue(), now)) {
                        offsets.delete(group, topic.getKey(), partition.getKey(), effects);
                        ofGroup++;
                    }
                }
            }
            note(group, ofGroup);
            removed += ofGroup;
        }
        return true;
    }

    private boolean isOld(String group, String topic, int partition, CommittedOffset offset, long now) {
        var from = since.timeRunsMs(group, topic, offset);
        return from.isPresent()
                && now - from.getAsLong() >= settings.offsetsRetentionMs()
                && !offsets.isPending(group, topic, partition);
    }

    private void note(String group, int count) {
        if (count > 0) {
            explanations.note(
                    group,
                    count + " committed offsets were deleted: no member has read their topics for "
                            + settings.offsetsRetentionMs() / 60_000 + " minutes (offsets.retention.minutes)");
        }
    }
}
