package io.moldau.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Other programs: whether they are installed, and what they print.
final class Programs {
    private static final long PATIENCE_SECONDS = 120;

    private Programs() {}

    static boolean installed(String program) {
        for (var folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /// Runs a program to its end and returns its standard output; fails if it does.
    static String run(List<String> command) throws IOException, InterruptedException {
        var output = Files.createTempFile("moldau-program", ".out");
        var errors = Files.createTempFile("moldau-program", ".err");
        try {
            var process = new ProcessBuilder(command)
                    .redirectOutput(output.toFile())
                    .redirectError(errors.toFile())
                    .start();
            process.getOutputStream().close();
            boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            if (!ended || process.exitValue() != 0) {
                throw new IOException(command + (ended ? " failed with " + process.exitValue() : " did not end") + ": "
                        + Files.readString(errors, UTF_8) + Files.readString(output, UTF_8));
            }
            return Files.readString(output, UTF_8);
        } finally {
            // What a failure has to tell is in the exception.
            Files.deleteIfExists(output);
            Files.deleteIfExists(errors);
        }
    }
}
