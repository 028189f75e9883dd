package io.moldau.cli;

import io.moldau.broker.StartupException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/// The program. Exit codes: 0 done, 1 failed, 2 used wrongly.
/// Knows nothing of picocli until a command needs it, see [NodeStart].
public final class Moldau {
    private static final String TRAINING = "train-aot";

    private Moldau() {}

    public static void main(String[] arguments) {
        Logging.quiet();
        if (arguments.length == 1 && arguments[0].equals(TRAINING)) {
            System.exit(Training.run());
        }
        var start = arguments.length > 0 && arguments[0].equals("start")
                ? NodeStart.read(arguments)
                : Optional.<NodeStart>empty();
        System.exit(
                start.isPresent()
                        ? run(start.get())
                        : CommandTree.commandLine(List.of(arguments)).execute(arguments));
    }

    private static int run(NodeStart start) {
        try {
            return start.run();
        } catch (StartupException | InterruptedException | RuntimeException failure) {
            report(failure);
            return 1;
        }
    }

    static void report(Throwable thrown) {
        var failure = thrown instanceof CompletionException wrapped && wrapped.getCause() != null
                ? wrapped.getCause()
                : thrown;
        var text = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        System.err.println("moldau: " + text);
        if (System.getenv("MOLDAU_DEBUG") != null) {
            failure.printStackTrace();
        }
    }
}
