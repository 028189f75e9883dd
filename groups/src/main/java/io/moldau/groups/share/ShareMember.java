package io.moldau.groups.share;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// One member, as its records say.
///
/// @param epoch of the assignment that it has
record ShareMember(
        String id,
        @Nullable String rackId,
        String clientId,
        String clientHost,
        List<String> topics,
        int epoch,
        int previousEpoch,
        TopicParts assigned) {
    static ShareMember unknown(String id) {
        return new ShareMember(id, null, "", "", List.of(), 0, -1, TopicParts.NONE);
    }

    ShareMember described(
            @Nullable String newRackId, String newClientId, String newClientHost, List<String> newTopics) {
        return new ShareMember(id, newRackId, newClientId, newClientHost, newTopics, epoch, previousEpoch, assigned);
    }

    ShareMember assigned(int newEpoch, TopicParts partitions) {
        return new ShareMember(
                id,
                rackId,
                clientId,
                clientHost,
                topics,
                newEpoch,
                epoch == newEpoch ? previousEpoch : epoch,
                partitions);
    }
}
