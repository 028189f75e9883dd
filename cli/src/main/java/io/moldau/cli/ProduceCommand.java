package io.moldau.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import io.moldau.client.OutgoingRecord;
import io.moldau.client.Producer;
import io.moldau.client.ProducerSettings;
import io.moldau.client.Sent;
import io.moldau.records.Compression;
import io.moldau.records.Header;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "produce",
        description = "Produces each line of the input as a record.",
        mixinStandardHelpOptions = true)
final class ProduceCommand implements Callable<Integer> {
    private static final int PROGRESS_RECORDS = 10_000;

    /// Values of --acks.
    enum Acks {
        NONE(0),
        LEADER(1),
        ALL(-1);

        private final short code;

        Acks(int code) {
            this.code = (short) code;
        }

        static Acks parse(String text) {
            return switch (text) {
                case "0", "none" -> NONE;
                case "1", "leader" -> LEADER;
                case "-1", "all" -> ALL;
                default -> throw new IllegalArgumentException("--acks is '" + text + "': expected 0, 1 or all.");
            };
        }
    }

    @Mixin
    private ClusterOption cluster = new ClusterOption();

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Where to; created if the broker allows it.")
    private String topic = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "FILE", description = "The input (default: standard input).")
    private @Nullable Path file;

    @Option(
            names = {"--key-separator", "-K"},
            paramLabel = "TEXT",
            description = "What stands between key and value in a line.")
    private @Nullable String keySeparator;

    @Option(
            names = "--key-field",
            paramLabel = "FIELD",
            description = "Lines are JSON objects; this field is the key, the line the value.")
    private @Nullable String keyField;

    @Option(
            names = {"--header", "-H"},
            paramLabel = "NAME=VALUE",
            description = "A header for every record; may be repeated.")
    private Map<String, String> headers = new LinkedHashMap<>();

    @Option(names = "--partition", paramLabel = "NUMBER", description = "All to this partition.")
    private @Nullable Integer partition;

    @Option(
            names = "--acks",
            paramLabel = "0|1|all",
            defaultValue = "all",
            description = "Whose word counts (default: all).")
    private String acks = "";

    @Option(
            names = {"--compression", "-z"},
            paramLabel = "CODEC",
            defaultValue = "none",
            description = "none, gzip, snappy, lz4 or zstd (default: none).")
    private Compression compression = Compression.NONE;

    @Option(
            names = "--timeout-ms",
            paramLabel = "MS",
            defaultValue = "120000",
            description = "How long a record is tried, also while the broker is away (default: 120000).")
    private int timeoutMs;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    @Override
    public Integer call() throws IOException {
        var settings = ProducerSettings.DEFAULTS
                .acks(Acks.parse(acks).code)
                .compression(compression)
                .deliveryTimeoutMs(timeoutMs);
        var fixed = headers.entrySet().stream()
                .map(entry -> new Header(entry.getKey(), bytes(entry.getValue())))
                .toList();
        var progress = new Progress("acknowledged");
        long count = 0;
        try (var input = input();
                var producer = new Producer(cluster.settings(), settings)) {
            String line;
            while (failure.get() == null && (line = input.readLine()) != null) {
                count++;
                var future = producer.send(record(line, count, fixed));
                var _ = future.whenComplete(this::answered);
                if (count % PROGRESS_RECORDS == 0) {
                    progress.show(acknowledged.get());
                }
            }
        }
        progress.end();
        var why = failure.get();
        if (why != null) {
            Moldau.report(why);
            System.err.println(acknowledged.get() + " of " + count + " records were acknowledged.");
            return 1;
        }
        if (cluster.json) {
            System.out.println("{\"acknowledged\":" + acknowledged.get() + "}");
        } else {
            System.err.println(acknowledged.get() + " records acknowledged.");
        }
        return 0;
    }

    private void answered(@Nullable Sent sent, @Nullable Throwable why) {
        if (why == null) {
            acknowledged.incrementAndGet();
        } else {
            failure.compareAndSet(null, why);
        }
    }

    private BufferedReader input() throws IOException {
        return file == null
                ? new BufferedReader(new InputStreamReader(System.in, UTF_8))
                : Files.newBufferedReader(file, UTF_8);
    }

    private OutgoingRecord record(String line, long number, List<Header> fixed) {
        @Nullable String key = null;
        var value = line;
        if (keyField != null) {
            key = field(line, keyField, number);
        } else if (keySeparator != null) {
            int at = line.indexOf(keySeparator);
            if (at < 0) {
                throw new IllegalArgumentException(
                        "Line " + number + " has no '" + keySeparator + "' between key and value.");
            }
            key = line.substring(0, at);
            value = line.substring(at + keySeparator.length());
        }
        return new OutgoingRecord(
                topic,
                partition == null ? OptionalInt.empty() : OptionalInt.of(partition),
                OptionalLong.empty(),
                key == null ? null : bytes(key),
                bytes(value),
                fixed);
    }

    /// The text of a top-level field; null if the object has no such field, or null there.
    private static @Nullable String field(String line, String name, long number) {
        try (var parser = JSON.createParser(line)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean wanted = parser.currentName().equals(name);
                    var token = parser.nextToken();
                    if (wanted) {
                        return token == JsonToken.VALUE_NULL || token.isStructStart() ? null : parser.getText();
                    }
                    parser.skipChildren();
                }
                return null;
            }
        } catch (IOException malformed) {
            throw new IllegalArgumentException("Line " + number + " is not JSON: " + malformed.getMessage());
        }
        throw new IllegalArgumentException("Line " + number + " is not a JSON object.");
    }

    private static final JsonFactory JSON = new JsonFactory();

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }
}
