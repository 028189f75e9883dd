/// Leader and follower of a partition.
@NullMarked
package io.moldau.replication;

import org.jspecify.annotations.NullMarked;
