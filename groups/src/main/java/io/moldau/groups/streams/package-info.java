/// Groups of Kafka Streams applications (KIP-1071): the coordinator knows the topology, has the internal topics made,
/// and assigns tasks; members reconcile one step at a time.
@NullMarked
package io.moldau.groups.streams;

import org.jspecify.annotations.NullMarked;
