package io.moldau.broker;

import java.util.List;
import java.util.function.BiFunction;

/// Bit sets of ACL operations, as the protocol's "authorized operations" fields carry them (KIP-430).
/// A node without an authorizer allows all operations that the kind of resource knows.
final class Operations {
    /// The field's value when the client did not ask.
    static final int NOT_ASKED = Integer.MIN_VALUE;

    private static final int READ = 1 << 3;
    private static final int WRITE = 1 << 4;
    private static final int CREATE = 1 << 5;
    private static final int DELETE = 1 << 6;
    private static final int ALTER = 1 << 7;
    private static final int DESCRIBE = 1 << 8;
    private static final int CLUSTER_ACTION = 1 << 9;
    private static final int DESCRIBE_CONFIGS = 1 << 10;
    private static final int ALTER_CONFIGS = 1 << 11;
    private static final int IDEMPOTENT_WRITE = 1 << 12;

    static final int TOPIC = READ | WRITE | CREATE | DELETE | ALTER | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;
    static final int GROUP = READ | DELETE | DESCRIBE | DESCRIBE_CONFIGS | ALTER_CONFIGS;
    static final int CLUSTER =
            CREATE | ALTER | DESCRIBE | CLUSTER_ACTION | DESCRIBE_CONFIGS | ALTER_CONFIGS | IDEMPOTENT_WRITE;

    private Operations() {}

    /// The described groups, each told what may be done with it if the client asked.
    static <G> List<G> ofGroups(List<G> described, boolean asked, BiFunction<G, Integer, G> told) {
        int operations = asked ? GROUP : NOT_ASKED;
        return described.stream().map(group -> told.apply(group, operations)).toList();
    }
}
