package io.moldau.protocol.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaTest {
    private static String message(String fields) {
        return message(fields, "");
    }

    private static String message(String fields, String more) {
        return """
                // A comment, as the published schemas have them.
                {"apiKey": 7, "type": "request", "listeners": ["broker", "controller"], "name": "FruitRequest",
                 "validVersions": "0-5", "flexibleVersions": "3+", %s "fields": [%s]}
                """.formatted(more, fields);
    }

    private static Field only(String field) {
        var fields = Schema.parse(message(field)).fields();
        assertThat(fields).hasSize(1);
        return fields.getFirst();
    }

    @Test
    void aMessageSaysWhatItIsAndWhereItIsValid() {
        var schema = Schema.parse(message("", "\"latestVersionUnstable\": true,"));
        assertThat(schema.name()).isEqualTo("FruitRequest");
        assertThat(schema.kind()).isEqualTo(Schema.Kind.REQUEST);
        assertThat(schema.apiKey()).isEqualTo(7);
        assertThat(schema.valid()).isEqualTo(new Versions(0, 5));
        assertThat(schema.flexible()).isEqualTo(Versions.parse("3+"));
        assertThat(schema.listeners()).containsExactlyInAnyOrder("broker", "controller");
        assertThat(schema.latestUnstable()).isTrue();
        assertThat(schema.isRemoved()).isFalse();
    }

    @Test
    void aRemovedMessageIsValidNowhere() {
        var schema = Schema.parse("{\"type\": \"response\", \"name\": \"Gone\", \"validVersions\": \"none\"}");
        assertThat(schema.isRemoved()).isTrue();
        assertThat(schema.apiKey()).isEqualTo(-1);
        assertThat(schema.flexible()).isEqualTo(Versions.NONE);
    }

    @Test
    void aFieldHasItsVersionsAndThoseInWhichItMayBeNull() {
        var field =
                only("{\"name\": \"Name\", \"type\": \"string\", \"versions\": \"1+\", \"nullableVersions\": \"2-4\","
                        + " \"default\": \"null\", \"ignorable\": true, \"about\": \"What it is called.\"}");
        assertThat(field.versions()).isEqualTo(Versions.parse("1+"));
        assertThat(field.nullable()).isEqualTo(new Versions(2, 4));
        assertThat(field.nullByDefault()).isTrue();
        assertThat(field.ignorable()).isTrue();
        assertThat(field.about()).isEqualTo("What it is called.");
    }

    @Test
    void aTaggedFieldWithoutVersionsExistsWhereItIsTagged() {
        var field = only(
                "{\"name\": \"Extra\", \"type\": \"int32\", \"taggedVersions\": \"3+\", \"tag\": 0, \"default\": -1}");
        assertThat(field.tagged()).isEqualTo(Versions.parse("3+"));
        assertThat(field.versions()).isEqualTo(Versions.parse("3+"));
        assertThat(field.tag()).isZero();
        assertThat(field.defaultText()).isEqualTo("-1");
    }

    @Test
    void aFieldMayBeFlexibleElsewhereThanItsMessage() {
        var field = only("{\"name\": \"ClientId\", \"type\": \"string\", \"versions\": \"0+\","
                + " \"flexibleVersions\": \"none\"}");
        assertThat(field.flexible()).isEqualTo(Versions.NONE);
    }

    @Test
    void jsonsOwnNullAndAMissingDefaultAreNoDefault() {
        for (var text : List.of("", ", \"default\": null")) {
            var field = only("{\"name\": \"Count\", \"type\": \"int32\", \"versions\": \"0+\"" + text + "}");
            assertThat(field.defaultText()).isEmpty();
            assertThat(field.nullByDefault()).isFalse();
        }
    }

    @Test
    void whatAFieldStandsForDoesNotChangeItsType() {
        var field = only("{\"name\": \"Group\", \"type\": \"string\", \"versions\": \"0+\","
                + " \"entityType\": \"groupId\", \"mapKey\": true}");
        assertThat(field.type()).isEqualTo(FieldType.PRIMITIVES.get("string"));
        assertThat(field.javaName()).isEqualTo("group");
    }

    @Test
    void structuresNestedInFieldsAndCommonOnesAreFoundByName() {
        var schema = Schema.parse(message("""
                {"name": "Crates", "type": "[]Crate", "versions": "0+", "fields": [
                    {"name": "Best", "type": "Fruit", "versions": "1+", "nullableVersions": "1+", "default": "null"},
                    {"name": "Place", "type": "Place", "versions": "0+", "fields": [
                        {"name": "Row", "type": "int16", "versions": "0+"}]}]},
                {"name": "Loose", "type": "[]Fruit", "versions": "0+"}
                """, """
                "commonStructs": [{"name": "Fruit", "versions": "0+", "fields": [
                    {"name": "Kind", "type": "uuid", "versions": "0+"}]}],
                """));
        assertThat(schema.structs()).containsOnlyKeys("Fruit", "Crate", "Place");
        assertThat(schema.fields().get(0).type()).isEqualTo(new FieldType.Array(new FieldType.Struct("Crate")));
        assertThat(schema.fields().get(1).type()).isEqualTo(new FieldType.Array(new FieldType.Struct("Fruit")));
        assertThat(schema.structs().get("Crate")).extracting(Field::name).containsExactly("Best", "Place");
        assertThat(schema.structs().get("Place")).extracting(Field::name).containsExactly("Row");
        assertThat(schema.structs().get("Fruit")).extracting(Field::name).containsExactly("Kind");
    }

    @Test
    void wordsThatJavaKeepsForItselfGetAnUnderscore() {
        assertThat(only("{\"name\": \"Default\", \"type\": \"bool\", \"versions\": \"0+\"}")
                        .javaName())
                .isEqualTo("default_");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "type": "strin", "versions": "0+"                                          | 'strin' is not a type
            "type": "int32", "versions": "7-2"                                         | '7-2' runs backwards
            "type": "int32", "versions": "0+", "tag": 1                                | it has a tag but no tagged versions
            "type": "int32", "versions": "0+", "taggedVersions": "0+"                  | it has tagged versions but no tag
            "type": "int32", "versions": "3+", "taggedVersions": "2+", "tag": 1        | it is tagged where it does not exist
            "type": "int32", "versions": "0+", "nullableVersions": "0+"                | it can never be null
            "type": "string", "versions": "0+", "default": "null"                      | it is null by default but never nullable
            "type": "int32", "versions": "0+", "default": "many"                       | 'many' is not a default of its type
            "type": "bool", "versions": "0+", "default": "yes"                         | 'yes' is not a default of its type
            "type": "[]int32", "versions": "0+", "default": "1"                        | '1' is not a default of its type
            "type": "Fruit", "versions": "0+"                                          | there is no structure 'Fruit'
            "versions": "0+"                                                           | 'type' is missing
            """)
    void aWrongSchemaIsRefusedNamingFileAndField(String field, String problem, @TempDir Path folder)
            throws IOException {
        Files.writeString(
                folder.resolve("FruitRequest.json"),
                message("{\"name\": \"Crates\", \"type\": \"[]Crate\", \"versions\": \"0+\", \"fields\": ["
                        + "{\"name\": \"Odd\", " + field + "}]}"));
        assertThatThrownBy(() -> Schema.readFolder(folder))
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith("FruitRequest.json: ")
                .hasMessageContaining("Odd: ")
                .hasMessageContaining(problem);
    }

    @Test
    void whatIsNoSchemaIsRefusedNamingTheFile(@TempDir Path folder) throws IOException {
        for (var text : List.of("no json", "{\"type\": \"request\"}", "{\"name\": \"X\", \"type\": \"fruit\"}")) {
            Files.writeString(folder.resolve("Odd.json"), text);
            assertThatThrownBy(() -> Schema.readFolder(folder))
                    .as(text)
                    .isInstanceOf(SchemaException.class)
                    .hasMessageStartingWith("Odd.json: ");
        }
    }

    @Test
    void aNameIsGivenOnce(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("A.json"), message(""));
        Files.writeString(folder.resolve("B.json"), message(""));
        assertThatThrownBy(() -> Schema.readFolder(folder))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("two schemas are named FruitRequest");
        var twice = "{\"name\": \"%s\", \"type\": \"Fruit\", \"versions\": \"0+\", \"fields\": ["
                + "{\"name\": \"%s\", \"type\": \"int8\", \"versions\": \"0+\"}]}";
        assertThatThrownBy(() -> Schema.parse(message(twice.formatted("One", "A") + "," + twice.formatted("Two", "B"))))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("two structures are named Fruit");
    }
}
