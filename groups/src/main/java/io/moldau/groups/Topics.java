package io.moldau.groups;

import io.moldau.protocol.Uuid;
import java.util.Collection;
import java.util.Optional;

/// What groups may know of topics, as of now.
public interface Topics {
    Optional<String> name(Uuid id);

    Optional<Uuid> id(String name);

    /// Partitions of a topic; 0 if there is no such topic.
    int partitions(String name);

    /// The names of all topics.
    Collection<String> names();
}
