package io.moldau.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.moldau.client.OutgoingRecord;
import io.moldau.client.Producer;
import io.moldau.client.ProducerSettings;
import io.moldau.environment.Environment;
import io.moldau.records.Compression;
import io.moldau.records.Header;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

/// `moldau produce`.
@Command(
        name = "produce",
        description = "Produces a record for each line of standard input or a file.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
final class ProduceCommand implements Callable<Integer> {
    /// What `--acks` takes.
    enum Acks {
        NONE("0"),
        LEADER("1"),
        ALL("all");

        private final String word;

        Acks(String word) {
            this.word = word;
        }

        static short code(String text) {
            for (var each : values()) {
                if (each.word.equals(text)) {
                    return (short) (each == ALL ? -1 : each.ordinal());
                }
            }
            if (text.equals("-1")) {
                return -1;
            }
            throw new CommandFailure("--acks is 0, 1 or all, not '" + text + "'");
        }
    }

    @Mixin
    private ClusterOptions cluster = new ClusterOptions();

    @Mixin
    private Output output = new Output();

    @Parameters(paramLabel = "TOPIC")
    private String topic = "";

    @Option(names = "--file", paramLabel = "FILE", description = "Read lines from here.")
    private @Nullable Path file;

    @Option(names = "--key-separator", paramLabel = "TEXT", description = "What stands between key and value in a line.")
    private @Nullable String keySeparator;

    @Option(names = "--key-field", paramLabel = "NAME", description = "Field of JSON lines that is the key.")
    private @Nullable String keyField;

    @Option(names = "--header", paramLabel = "KEY=VALUE", description = "Header of each record; may be repeated.")
    private List<String> headers = new ArrayList<>();

    @Option(names = "--partition", paramLabel = "NUMBER", description = "Partition (default: by key).")
    private @Nullable Integer partition;

    @Option(names = "--acks", paramLabel = "0|1|all", defaultValue = "all", description = "Default: all.")
    private String acks = "all";

    @Option(names = "--compression", paramLabel = "CODEC", defaultValue = "none", description = "${COMPLETION-CANDIDATES}.")
    private Compression compression = Compression.NONE;

    @Option(
            names = "--idempotence",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description = "Whether retries may not double records (default: on with acks of all).")
    private boolean idempotence = true;

    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicReference<@Nullable Throwable> firstFailure = new AtomicReference<>();

    @Override
    public Integer call() throws IOException {
        if (keySeparator != null && (keySeparator.isEmpty() || keyField != null)) {
            throw new CommandFailure("give either --key-field or a --key-separator that is not empty");
        }
        var environment = Environment.real();
        var defaults = ProducerSettings.DEFAULTS.acks(Acks.code(acks)).compression(compression);
        var settings = idempotence
                ? defaults
                : new ProducerSettings(
                        defaults.acks(),
                        compression,
                        false,
                        defaults.batchBytes(),
                        defaults.bufferBytes(),
                        defaults.lingerMs(),
                        defaults.deliveryTimeoutMs());
        var source = file;
        try (var lines = source == null ? Lines.standardInput() : Lines.of(environment.disk(), source)) {
            produce(environment, settings, lines);
        }
        long good = acknowledged.get();
        long bad = failed.get();
        output.done(
                good + (good == 1 ? " record" : " records") + " acknowledged" + (bad == 0 ? "." : ", " + bad + " not."),
                out -> {
                    out.writeStartObject();
                    out.writeNumberField("acknowledged", good);
                    out.writeNumberField("failed", bad);
                    out.writeEndObject();
                });
        var why = firstFailure.get();
        if (why != null) {
            System.err.println("moldau: " + why.getMessage());
        }
        return bad == 0 ? Moldau.OK : Moldau.FAILED;
    }

    private void produce(Environment environment, ProducerSettings settings, Lines lines) throws IOException {
        var progress = new Progress(environment.clock(), "records acknowledged");
        var fixed = fixedHeaders();
        long number = 0;
        try (var producer = new Producer(cluster.settings(), settings)) {
            byte[] line;
            while ((line = lines.next()) != null) {
                number++;
                var _ = producer.send(record(line, number, fixed)).whenComplete((sent, failure) -> {
                    if (failure == null) {
                        acknowledged.incrementAndGet();
                    } else {
                        failed.incrementAndGet();
                        firstFailure.compareAndSet(null, failure);
                    }
                });
                progress.at(acknowledged.get());
            }
            producer.flush();
        }
        progress.end();
    }

    private List<Header> fixedHeaders() {
        var fixed = new ArrayList<Header>();
        Settings.parse(headers).forEach((name, value) ->
                fixed.add(new Header(name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))));
        return fixed;
    }

    private OutgoingRecord record(byte[] line, long number, List<Header> fixed) {
        ByteBuffer key = null;
        var value = ByteBuffer.wrap(line);
        var separator = keySeparator;
        var field = keyField;
        if (separator != null) {
            var mark = separator.getBytes(StandardCharsets.UTF_8);
            int at = indexOf(line, mark);
            if (at < 0) {
                throw new CommandFailure("line " + number + " has no separator '" + separator + "'");
            }
            key = ByteBuffer.wrap(line, 0, at).slice();
            value = ByteBuffer.wrap(line, at + mark.length, line.length - at - mark.length)
                    .slice();
        } else if (field != null) {
            key = jsonKey(line, field, number);
        }
        return new OutgoingRecord(
                topic,
                partition == null ? OptionalInt.empty() : OptionalInt.of(partition),
                OptionalLong.empty(),
                key,
                value,
                fixed);
    }

    static int indexOf(byte[] line, byte[] mark) {
        for (int start = 0; start + mark.length <= line.length; start++) {
            int same = 0;
            while (same < mark.length && line[start + same] == mark[same]) {
                same++;
            }
            if (same == mark.length) {
                return start;
            }
        }
        return -1;
    }

    /// The text of a field at the top of a JSON object; null where the field is null or missing.
    static @Nullable ByteBuffer jsonKey(byte[] line, String field, long number) {
        try (var parser = Json.FACTORY.createParser(line)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new CommandFailure("line " + number + " is not a JSON object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                boolean wanted = parser.currentName().equals(field);
                var token = parser.nextToken();
                if (wanted && token.isScalarValue()) {
                    return token == JsonToken.VALUE_NULL
                            ? null
                            : ByteBuffer.wrap(parser.getText().getBytes(StandardCharsets.UTF_8));
                }
                parser.skipChildren();
            }
            return null;
        } catch (JsonProcessingException broken) {
            throw new CommandFailure("line " + number + " is not JSON: " + broken.getOriginalMessage());
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading from memory", impossible);
        }
    }
}
