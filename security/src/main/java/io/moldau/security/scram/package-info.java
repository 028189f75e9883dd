/// The credentials of SCRAM users (KIP-554): what may be stored, and how what is stored is made of a salted password.
/// Doors:     [ScramDecisions].
/// Thread:    any; pure.
/// Knows not: passwords: clients salt them before they send them.
@NullMarked
package io.moldau.security.scram;

import org.jspecify.annotations.NullMarked;
