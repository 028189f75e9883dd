/// The cluster's facts.
@NullMarked
package io.moldau.metadata;

import org.jspecify.annotations.NullMarked;
