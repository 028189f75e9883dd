/// Frames over TCP: accepts connections, cuts the stream into length-prefixed frames, hands each frame to a
/// [FrameHandler], and sends the replies of a connection in the order of its requests.
/// Doors:     [NetworkServer], [NetworkSettings], [FrameHandler], [Exchange], [Peer].
/// Thread:    a connection belongs to one event loop; replies may be given from anywhere.
/// Holds:     unanswered requests and their bytes are bounded, for each connection and in all; at the bound a
///            connection is not read until there is room.
/// Knows not: what the frames mean.
@NullMarked
package io.moldau.network;

import org.jspecify.annotations.NullMarked;
