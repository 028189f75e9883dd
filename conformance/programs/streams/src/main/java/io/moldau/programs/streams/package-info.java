/// A Kafka Streams application, and what must come out of it although it and the node are killed.
/// Doors:     [StreamsChecks], the main class; [Application], the program that is checked.
/// Thread:    [Feeder] has one of its own; everything else is on the main thread.
/// Knows not: how the node works.
package io.moldau.programs.streams;
