/// Turns Kafka's published message schemas (JSON with `//` comments) into Java source: one record a
/// message, nested records for its structures, and the table of API keys.
/// Doors:     [Generator] (the program), [Schema], [Field], [Versions] (the model, also used by tests).
/// Runs:      at build time only; the generated code needs nothing of this room.
/// Knows not: bytes. How a primitive lies on the wire is written once, by hand, in the protocol
///            room's reader and writer; generated code only says which one, in which version.
///
/// Usage: `java io.moldau.protocol.generator.Generator OUTPUT_FOLDER SCHEMA_FOLDER...`.
/// Rules the schemas imply and the generator follows:
/// - a field is on the wire in `versions`, as a tagged field in `taggedVersions`, null in `nullableVersions`;
/// - outside `versions` it is left out: silently if `ignorable` or at its default, else refused;
/// - lengths are compact and structures end in tagged fields in `flexibleVersions`;
/// - a default is the schema's text, `"null"` meaning null; JSON's own null means no default.
@NullMarked
package io.moldau.protocol.generator;

import org.jspecify.annotations.NullMarked;
