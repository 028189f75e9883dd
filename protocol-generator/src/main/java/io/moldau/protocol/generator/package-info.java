/// Reads message schemas (JSON) and writes one Java record a message.
@NullMarked
package io.moldau.protocol.generator;

import org.jspecify.annotations.NullMarked;
