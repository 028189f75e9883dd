/// Who may do what and how much of it. So far: quotas, and the credentials of SCRAM; authentication and authorization
/// will be here.
/// Doors:     [io.moldau.security.quotas], [io.moldau.security.scram], [Refusal].
/// Thread:    any; decisions are pure.
/// Knows not: requests, sockets, files.
@NullMarked
package io.moldau.security;

import org.jspecify.annotations.NullMarked;
