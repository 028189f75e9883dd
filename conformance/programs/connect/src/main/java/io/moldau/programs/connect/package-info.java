/// Kafka Connect's worker with its file source and file sink, alone and distributed, killed and restarted.
/// Doors:     [ConnectChecks], the main class.
/// Thread:    [GrowingFile] has one of its own; everything else is on the main thread.
/// Knows not: how the node works.
package io.moldau.programs.connect;
