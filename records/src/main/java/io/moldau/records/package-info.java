/// Record batch v2.
@NullMarked
package io.moldau.records;

import org.jspecify.annotations.NullMarked;
