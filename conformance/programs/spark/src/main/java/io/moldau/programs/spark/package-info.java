/// Spark's structured streaming between topics and files, killed and restarted in the middle.
/// Doors:     [SparkChecks], the main class; [Job], the program that is checked.
/// Thread:    the main thread; Spark has its own.
/// Knows not: how the node works.
package io.moldau.programs.spark;
