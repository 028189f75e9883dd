/// The cluster's facts: records, the immutable image they add up to, and the decisions of the controller.
/// Doors:     [MetadataLog], [LocalMetadataLog], [Controller], [MetadataImage], [TopicDecisions]; in the image also
///            [QuotaEntity], [ScramCredential].
/// Thread:    the controller decides and replays one at a time, on a thread that may block; images are read from
///            anywhere.
/// Holds:     the image is exactly the replay of the log; a listener sees every image, in order.
/// Knows not: requests, sockets, partitions' data.
@NullMarked
package io.moldau.metadata;

import org.jspecify.annotations.NullMarked;
