/// An application of Apache Samza between two topics, killed and restarted in the middle.
/// Doors:     [SamzaChecks], the main class; [Job], the program that is checked.
/// Thread:    the main thread; Samza has its own.
/// Knows not: how the node works.
package io.moldau.programs.samza;
