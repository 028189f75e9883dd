/// Groups of the consumer protocol (KIP-848): the coordinator assigns, members reconcile one step at a time.
@NullMarked
package io.moldau.groups.consumer;

import org.jspecify.annotations.NullMarked;
