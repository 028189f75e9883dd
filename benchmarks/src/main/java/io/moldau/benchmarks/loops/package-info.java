/// The inner loops alone, by JMH; run with `benchmarks/jmh`.
/// Doors:     none but JMH's own.
/// Thread:    JMH's.
/// Knows not: brokers, sockets, files.
@NullMarked
package io.moldau.benchmarks.loops;

import org.jspecify.annotations.NullMarked;
