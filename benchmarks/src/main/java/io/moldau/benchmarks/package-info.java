/// Load on a whole broker, beside Apache Kafka in the same run, as ratios.
/// Doors:     [Bench], started by `benchmarks/run`.
/// Thread:    each load owns its own; a broker is a process of its own.
/// Holds:     both brokers get the same bytes by the same code, in turn, never at once.
/// Knows not: anything of the broker but its protocol, its process and its settings.
@NullMarked
package io.moldau.benchmarks;

import org.jspecify.annotations.NullMarked;
