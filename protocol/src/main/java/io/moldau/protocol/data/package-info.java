/// What lies inside records: group protocol metadata, control records, the coordinators' keys and
/// values. One record a schema, generated.
@NullMarked
package io.moldau.protocol.data;

import org.jspecify.annotations.NullMarked;
