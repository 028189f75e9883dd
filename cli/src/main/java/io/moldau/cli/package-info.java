/// The `moldau` command: every subcommand, and the assembly of the one program.
/// Doors:     [Moldau], the main class.
/// Thread:    the main thread; a shutdown hook ends what runs.
/// Knows not: how anything is done; it asks [io.moldau.broker.Node] and the client room.
@NullMarked
package io.moldau.cli;

import org.jspecify.annotations.NullMarked;
