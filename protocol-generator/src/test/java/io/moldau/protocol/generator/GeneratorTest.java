package io.moldau.protocol.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GeneratorTest {
    private static Schema schema(String kind, String valid, String type) {
        var name = "Fruit" + Character.toUpperCase(kind.charAt(0)) + kind.substring(1);
        return Schema.parse("""
                {"apiKey": 3, "type": "%s", "name": "%s", "validVersions": "%s", "flexibleVersions": "none",
                 "listeners": ["broker"], "fields": [{"name": "Kind", "type": "%s", "versions": "0+"}]}
                """.formatted(kind, name, valid, type));
    }

    @Test
    void aMessageBecomesARecordOfItsRoleAndAnApiKey(@TempDir Path output) throws IOException {
        Generator.generate(output, List.of(schema("request", "0-1", "int32"), schema("response", "0-1", "int32")));
        var messages = output.resolve("io/moldau/protocol/message");
        assertThat(Files.readString(messages.resolve("FruitRequest.java")))
                .contains("public record FruitRequest(int kind) implements Request {");
        assertThat(Files.readString(messages.resolve("FruitResponse.java"))).contains("implements Response {");
        assertThat(Files.readString(output.resolve("io/moldau/protocol/ApiKey.java")))
                .contains("FRUIT");
    }

    @Test
    void aRemovedMessageBecomesNoRecord(@TempDir Path output) throws IOException {
        Generator.generate(output, List.of(schema("data", "none", "int32"), schema("header", "0", "int32")));
        assertThat(output.resolve("io/moldau/protocol/data/FruitData.java")).doesNotExist();
        assertThat(output.resolve("io/moldau/protocol/message/FruitHeader.java"))
                .exists();
    }

    @Test
    void aFileWhoseTextIsTheSameIsNotWrittenAgain(@TempDir Path output) throws IOException {
        var schemas = List.of(schema("data", "0-1", "int32"));
        Generator.generate(output, schemas);
        var file = output.resolve("io/moldau/protocol/data/FruitData.java");
        var longAgo = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, longAgo);
        Generator.generate(output, schemas);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(longAgo);
        Generator.generate(output, List.of(schema("data", "0-2", "int32")));
        assertThat(Files.getLastModifiedTime(file)).isNotEqualTo(longAgo);
    }

    @Test
    void whatCannotBeGeneratedIsRefusedNamingMessageAndField(@TempDir Path output) {
        assertThatThrownBy(() -> Generator.generate(output, List.of(schema("data", "0", "[][]int32"))))
                .isInstanceOf(SchemaException.class)
                .hasMessage("FruitData: Kind: arrays of arrays are unknown");
    }
}
