package io.moldau.groups.classic;

import io.moldau.protocol.ByteReader;
import io.moldau.protocol.MalformedMessageException;
import io.moldau.protocol.data.ConsumerProtocolSubscription;
import java.nio.ByteBuffer;
import java.util.List;

/// Reads what consumers write into the metadata of the "consumer" protocol type: `version (int16), subscription`.
final class Subscriptions {
    private Subscriptions() {}

    /// The topics subscribed to; none if the bytes are something else.
    static List<String> topics(ByteBuffer metadata) {
        try {
            var in = new ByteReader(metadata.duplicate());
            short version = in.int16();
            short known = (short) Math.min(version, ConsumerProtocolSubscription.HIGHEST_VERSION);
            return version < 0
                    ? List.of()
                    : ConsumerProtocolSubscription.read(in, known).topics();
        } catch (MalformedMessageException notASubscription) {
            return List.of();
        }
    }
}
