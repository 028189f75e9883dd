/// Consumer groups.
@NullMarked
package io.moldau.groups;

import org.jspecify.annotations.NullMarked;
