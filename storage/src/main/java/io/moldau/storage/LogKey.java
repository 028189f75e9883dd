package io.moldau.storage;

/// A partition by the identity of its topic: a topic that is created anew under an old name is another one.
record LogKey(UuidBits topicId, int partition) {}
