package io.moldau.groups;

import java.util.Locale;

/// Whether a group with members may change between the classic and the consumer protocol, as
/// `group.consumer.migration.policy` says it (KIP-848).
public enum MigrationPolicy {
    DISABLED(false, false),
    UPGRADE(true, false),
    DOWNGRADE(false, true),
    BIDIRECTIONAL(true, true);

    private final boolean upgrades;
    private final boolean downgrades;

    MigrationPolicy(boolean upgrades, boolean downgrades) {
        this.upgrades = upgrades;
        this.downgrades = downgrades;
    }

    public static MigrationPolicy of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /// From classic to consumer.
    public boolean upgrades() {
        return upgrades;
    }

    /// From consumer to classic.
    public boolean downgrades() {
        return downgrades;
    }
}
