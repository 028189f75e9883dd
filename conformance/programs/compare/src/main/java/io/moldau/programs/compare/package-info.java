/// The same requests to Apache Kafka and to Moldau, byte for byte, and what both answer.
/// Doors:     [CompareChecks], the main class.
/// Thread:    the main thread.
/// Knows not: how either of them works.
package io.moldau.programs.compare;
