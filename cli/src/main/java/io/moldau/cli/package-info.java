/// The moldau command.
@NullMarked
package io.moldau.cli;

import org.jspecify.annotations.NullMarked;
