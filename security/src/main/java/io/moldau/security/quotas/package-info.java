/// Who may use how much of the node (KIP-13, 124, 219, 546, 599, 612): which quotas may be set, who has which, what was
/// used of them, and for how long somebody who used more is not listened to.
/// Doors:     [Quotas] counts and says how long to wait; [QuotaDecisions] sets and describes.
/// Thread:    any; a counter is locked for the few instructions that a change of it takes.
/// Holds:     without a quota of a kind, nothing of that kind is counted; counters are bounded in number.
/// Knows not: requests, connections, clocks (the time is told).
@NullMarked
package io.moldau.security.quotas;

import org.jspecify.annotations.NullMarked;
