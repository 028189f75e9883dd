/// Producing, reading, groups and administration over Kafka's protocol.
/// Doors:     [Cluster], [Producer], [Reader], [GroupReader], [ShareReader], [Admin], [QuotaAdmin], [ClientException].
/// Thread:    a [Cluster], [Admin] or one of the readers belongs to one thread at a time and blocks it; a
///            [Producer] is used from any thread and sends on its own.
/// Holds:     the records of one partition are sent and acknowledged in the order in which they were given.
/// Knows not: any room of the server.
@NullMarked
package io.moldau.client;

import org.jspecify.annotations.NullMarked;
