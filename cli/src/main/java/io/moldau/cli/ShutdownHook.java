package io.moldau.cli;

/// What happens on SIGTERM and Ctrl-C. The JVM wants a thread that has not been started, so this one class makes one.
final class ShutdownHook {
    private ShutdownHook() {}

    static void add(Runnable action) {
        Runtime.getRuntime().addShutdownHook(new Thread(action, "moldau-shutdown"));
    }
}
