/// A Flink job between two topics, and what must come out of it although everything fails once.
/// Doors:     [FlinkChecks], the main class; [Job], the program that is checked.
/// Thread:    the main thread; Flink has its own.
/// Knows not: how the node works.
package io.moldau.programs.flink;
