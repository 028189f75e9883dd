package io.moldau.metadata;

import io.moldau.protocol.ErrorCode;

/// What became of a wish to create, change or delete one topic.
public sealed interface TopicOutcome {
    /// The topic as it is now (after a deletion: as it was).
    record Done(TopicImage topic) implements TopicOutcome {}

    record Refused(ErrorCode error, String reason) implements TopicOutcome {}
}
