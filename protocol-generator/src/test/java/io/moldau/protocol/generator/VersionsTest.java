package io.moldau.protocol.generator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class VersionsTest {
    @Test
    void rangesAreReadInEachOfTheirForms() {
        assertThat(Versions.parse("none").isEmpty()).isTrue();
        assertThat(Versions.parse("4")).isEqualTo(new Versions(4, 4));
        assertThat(Versions.parse("2-7")).isEqualTo(new Versions(2, 7));
        assertThat(Versions.parse(" 3+ ")).isEqualTo(new Versions(3, Versions.OPEN));
    }

    @Test
    void whatIsNoRangeIsRefusedByName() {
        for (var text : new String[] {"", "x", "7-2", "3-", "99999"}) {
            assertThatThrownBy(() -> Versions.parse(text))
                    .as(text)
                    .isInstanceOf(SchemaException.class)
                    .hasMessageContaining(text);
        }
    }

    @Test
    void rangesThatDoNotMeetHaveNothingInCommon() {
        assertThat(Versions.parse("0-3").and(Versions.parse("2+"))).isEqualTo(new Versions(2, 3));
        assertThat(Versions.parse("0-3").and(Versions.parse("5+"))).isEqualTo(Versions.NONE);
        assertThat(Versions.parse("2+").covers(Versions.parse("3-4"))).isTrue();
        assertThat(Versions.parse("3-4").covers(Versions.parse("2+"))).isFalse();
    }
}
