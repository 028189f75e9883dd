package io.moldau.environment;

/// The end of the process.
public final class Shutdown {
    private Shutdown() {}

    /// Runs `task` when the process is asked to end (SIGTERM, Ctrl-C) or ends by itself.
    public static void onExit(String name, Runnable task) {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name(name).daemon(false).unstarted(task));
    }

    /// Ends the process at once with this code, from inside [#onExit]'s task.
    public static void halt(int code) {
        Runtime.getRuntime().halt(code);
    }
}
