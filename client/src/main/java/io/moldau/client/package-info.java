/// The client: finds the brokers, produces, reads, administers.
/// Doors:     [Client], and what it opens: [Producer], [Reader], [GroupReader], [Topics], [Groups], [Configs].
/// Thread:    a [Producer] may be shared; a reader belongs to the thread that polls it; each connection has a
///            thread that reads its answers.
/// Holds:     an answer belongs to the oldest request of its connection; batches of one partition are sent one
///            after the other, so that no retry changes their order.
/// Knows not: servers, files.
@NullMarked
package io.moldau.client;

import org.jspecify.annotations.NullMarked;
