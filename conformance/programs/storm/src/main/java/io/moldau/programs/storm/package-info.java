/// A topology of Apache Storm between two topics, killed and restarted in the middle.
/// Doors:     [StormChecks], the main class; [Job], the program that is checked.
/// Thread:    the main thread; Storm has its own.
/// Knows not: how the node works.
package io.moldau.programs.storm;
