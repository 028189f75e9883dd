package io.moldau.shares;

import io.moldau.protocol.Uuid;
import java.util.Optional;

/// One partition as one share group has it.
public record ShareKey(String group, Uuid topic, int partition) {
    /// The text by which clients look for its coordinator (FindCoordinator, key type 2).
    public String text() {
        return group + ":" + topic + ":" + partition;
    }

    /// Empty if the text is not a group, a topic id and a partition, between colons. The group may have colons too.
    public static Optional<ShareKey> parse(String text) {
        int last = text.lastIndexOf(':');
        int middle = last <= 0 ? -1 : text.lastIndexOf(':', last - 1);
        if (middle <= 0) {
            return Optional.empty();
        }
        try {
            int partition = Integer.parseInt(text.substring(last + 1));
            var topic = Uuid.parse(text.substring(middle + 1, last));
            return partition < 0
                    ? Optional.empty()
                    : Optional.of(new ShareKey(text.substring(0, middle), topic, partition));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
