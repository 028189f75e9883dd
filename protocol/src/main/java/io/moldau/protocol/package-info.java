/// The messages of every API key and version, and the primitives they are made of.
@NullMarked
package io.moldau.protocol;

import org.jspecify.annotations.NullMarked;
