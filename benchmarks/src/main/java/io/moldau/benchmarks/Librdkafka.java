package io.moldau.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/// librdkafka as kcat drives it: a file of lines, acks=all.
final class Librdkafka {
    private static final int LINES = 400_000;
    private static final int LINE_BYTES = 1024;

    private Librdkafka() {}

    static boolean isThere() {
        return Files.isExecutable(Path.of("/usr/bin/kcat"));
    }

    /// The lines, made once.
    static Path lines(Path folder) throws IOException {
        var path = folder.resolve("lines-" + LINES);
        if (!Files.exists(path)) {
            var random = new Random(1);
            try (var out = Files.newBufferedWriter(path, StandardCharsets.US_ASCII)) {
                var line = new StringBuilder();
                for (int i = 0; i < LINES; i++) {
                    line.setLength(0);
                    while (line.length() < LINE_BYTES - 1) {
                        line.append((char) ('a' + random.nextInt(26)));
                    }
                    out.write(line.append('\n').toString());
                }
            }
        }
        return path;
    }

    /// Produces all lines; the bytes.
    static long produce(int port, String topic, Path lines) throws IOException, InterruptedException {
        var kcat = new ProcessBuilder(
                        "kcat",
                        "-P",
                        "-q",
                        "-b",
                        "127.0.0.1:" + port,
                        "-t",
                        topic,
                        "-X",
                        "acks=all",
                        "-l",
                        lines.toString())
                .inheritIO()
                .start();
        if (kcat.waitFor() != 0) {
            throw new IOException("kcat ended with " + kcat.exitValue());
        }
        return (long) LINES * (LINE_BYTES - 1);
    }
}
