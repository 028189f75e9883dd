/// Groups of the classic protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup): a leader among the members assigns.
@NullMarked
package io.moldau.groups.classic;

import org.jspecify.annotations.NullMarked;
