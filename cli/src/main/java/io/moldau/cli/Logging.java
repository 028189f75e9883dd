package io.moldau.cli;

/// How the program logs: to standard error, with the time, warnings and what matters.
final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";

    private Logging() {}

    /// Must come before the first logger is made. What a user sets on the JVM's command line wins.
    static void quiet() {
        set("defaultLogLevel", System.getenv("MOLDAU_DEBUG") == null ? "warn" : "debug");
        set("showDateTime", "true");
        set("dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS");
        set("showThreadName", "false");
        set("showShortLogName", "true");
    }

    private static void set(String name, String value) {
        if (System.getProperty(PREFIX + name) == null) {
            System.setProperty(PREFIX + name, value);
        }
    }
}
