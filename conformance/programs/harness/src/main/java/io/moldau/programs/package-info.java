/// What every program's checks need: a node, processes, topics, and lines that say what was checked.
/// Doors:     [Moldau], [Program], [Topics], [Checks], [TopicToTopic].
/// Thread:    the main thread of the checks.
/// Knows not: which program is checked.
package io.moldau.programs;
