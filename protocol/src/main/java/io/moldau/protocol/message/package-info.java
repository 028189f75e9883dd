/// Requests, responses and their headers: one record a schema, generated.
@NullMarked
package io.moldau.protocol.message;

import org.jspecify.annotations.NullMarked;
