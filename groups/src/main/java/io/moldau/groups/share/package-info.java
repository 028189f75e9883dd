/// Share groups (KIP-932): their members and who reads which partition. Partitions may have many readers, so a member
/// is given its partitions at once. Which records it gets there is not decided here.
@NullMarked
package io.moldau.groups.share;

import org.jspecify.annotations.NullMarked;
