/// Real clients against a running node.
@NullMarked
package io.moldau.conformance;

import org.jspecify.annotations.NullMarked;
