package io.moldau.metadata;

import java.util.Optional;

/// Which names a topic may have: 1 to 249 of the characters `a-z A-Z 0-9 . _ -`, but not "." or "..".
public final class TopicNames {
    private static final int MAX_LENGTH = 249;

    private TopicNames() {}

    /// What is wrong with the name, if anything.
    public static Optional<String> problem(String name) {
        if (name.isEmpty()) {
            return Optional.of("a topic name must not be empty");
        }
        if (name.equals(".") || name.equals("..")) {
            return Optional.of("a topic name must not be \".\" or \"..\"");
        }
        if (name.length() > MAX_LENGTH) {
            return Optional.of(
                    "the topic name has " + name.length() + " characters, at most " + MAX_LENGTH + " are allowed");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean legal = c >= 'a' && c <= 'z'
                    || c >= 'A' && c <= 'Z'
                    || c >= '0' && c <= '9'
                    || c == '.'
                    || c == '_'
                    || c == '-';
            if (!legal) {
                return Optional.of("the topic name \"" + name + "\" holds the character '" + c
                        + "'; only ASCII letters, digits, '.', '_' and '-' are allowed");
            }
        }
        return Optional.empty();
    }

    /// Metrics write '.' as '_', so names that differ only there are taken for equal.
    static boolean collide(String one, String other) {
        return !one.equals(other) && one.replace('.', '_').equals(other.replace('.', '_'));
    }
}
