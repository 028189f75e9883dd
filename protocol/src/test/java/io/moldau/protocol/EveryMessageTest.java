package io.moldau.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.RandomMessage.Reflection;
import io.moldau.protocol.generator.Schema;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Every message in every version against Kafka's own serializer, with random content.
class EveryMessageTest {
    private static final int ROUNDS = 12;
    private static final long SEED = Long.getLong("seed", 20261121);

    private static List<Schema> schemas() throws IOException {
        return Schema.readFolder(Path.of("target/schemas")).stream()
                .filter(s -> !s.isRemoved())
                .toList();
    }

    @Test
    void everyMessageAndVersionIsOnTheWireAsKafkaHasIt() throws IOException {
        // Given
        int messages = 0;
        int versions = 0;
        for (var schema : schemas()) {
            messages++;
            var read = Reflection.method(Reflection.ours(schema), "read", 2);
            for (int v = schema.valid().lowest(); v <= schema.valid().highest(); v++) {
                versions++;
                short version = (short) v;
                for (int round = 0; round < ROUNDS; round++) {
                    long seed = SEED + 31L * round + 1009L * v;
                    var what = schema.name() + " version " + version + " seed " + seed;
                    // When
                    var both = RandomMessage.of(schema, version, new Random(seed));
                    var oursBytes = write(both.ours(), version);
                    var theirsBytes = writeTheirs(both.theirs(), version);
                    // Then
                    assertThat(oursBytes).as(what).isEqualTo(theirsBytes);
                    var reader = new ByteReader(theirsBytes);
                    var again = Reflection.call(read, null, reader, version);
                    reader.end();
                    assertThat(again).as(what).isEqualTo(both.ours());
                    assertThat(write(again, version)).as(what).isEqualTo(theirsBytes);
                    var theirsAgain = (ApiMessage) Reflection.create(Reflection.theirs(schema));
                    theirsAgain.read(new ByteBufferAccessor(oursBytes.duplicate()), version);
                    assertThat(writeTheirs(theirsAgain, version)).as(what).isEqualTo(oursBytes);
                }
            }
        }
        // Then
        assertThat(messages).isEqualTo(MESSAGES);
        assertThat(versions).isEqualTo(VERSIONS);
    }

    /// Of Kafka 4.3.1: (93 - 4) requests, as many responses, 2 headers, 10 data, 50 coordinator records.
    private static final int MESSAGES = 240;

    private static final int VERSIONS = 684;

    @Test
    void truncatedAndMutatedBytesAreMalformedAndNothingElse() throws IOException {
        var random = new Random(SEED);
        for (var schema : schemas()) {
            var read = Reflection.method(Reflection.ours(schema), "read", 2);
            for (int v = schema.valid().lowest(); v <= schema.valid().highest(); v++) {
                short version = (short) v;
                for (int round = 0; round < 40; round++) {
                    var whole = write(RandomMessage.of(schema, version, random).ours(), version);
                    var bytes = new byte[whole.remaining()];
                    whole.get(bytes);
                    if (bytes.length == 0) continue;
                    readOrRefuse(read, ByteBuffer.wrap(bytes, 0, random.nextInt(bytes.length)), version, schema);
                    int flips = 1 + random.nextInt(4);
                    for (int i = 0; i < flips; i++) {
                        bytes[random.nextInt(bytes.length)] = random.nextBoolean() ? (byte) random.nextInt() : -1;
                    }
                    readOrRefuse(read, ByteBuffer.wrap(bytes), version, schema);
                    random.nextBytes(bytes);
                    readOrRefuse(read, ByteBuffer.wrap(bytes), version, schema);
                }
            }
        }
    }

    private static void readOrRefuse(Method read, ByteBuffer bytes, short version, Schema schema) {
        try {
            Reflection.call(read, null, new ByteReader(bytes), version);
        } catch (MalformedMessageException e) {
            assertThat(e.getMessage()).isNotBlank();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(schema.name() + " version " + version + " seed " + SEED, e);
        }
    }

    private static ByteBuffer write(@Nullable Object message, short version) {
        var out = new ByteWriter();
        ((Message) Objects.requireNonNull(message)).write(out, version);
        return out.toBuffer();
    }

    private static ByteBuffer writeTheirs(@Nullable Object message, short version) {
        var theirs = (ApiMessage) Objects.requireNonNull(message);
        var cache = new ObjectSerializationCache();
        var buffer = ByteBuffer.allocate(theirs.size(cache, version));
        theirs.write(new ByteBufferAccessor(buffer), cache, version);
        return buffer.flip();
    }
}
