package io.moldau.groups.streams;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.Topics;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.data.StreamsGroupTopologyValue;
import io.moldau.protocol.data.StreamsGroupTopologyValue.CopartitionGroup;
import io.moldau.protocol.data.StreamsGroupTopologyValue.Subtopology;
import io.moldau.protocol.data.StreamsGroupTopologyValue.TopicInfo;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConfiguredTopologyTest {
    private record Existing(Map<String, Integer> counts) implements Topics {
        @Override
        public Optional<String> name(Uuid id) {
            return Optional.empty();
        }

        @Override
        public Optional<Uuid> id(String name) {
            return Optional.empty();
        }

        @Override
        public int partitions(String name) {
            return counts.getOrDefault(name, 0);
        }

        @Override
        public Collection<String> names() {
            return counts.keySet();
        }
    }

    private static TopicInfo info(String name) {
        return TopicInfo.builder().name(name).build();
    }

    /// Reads a topic and a repartition topic, with state; writes to another repartition topic.
    private static Subtopology half(String id, String source, String repartition, String sink, boolean copartitioned) {
        return Subtopology.builder()
                .subtopologyId(id)
                .sourceTopics(List.of(source))
                .repartitionSourceTopics(List.of(info(repartition)))
                .repartitionSinkTopics(List.of(sink))
                .stateChangelogTopics(List.of(info("changelog" + id)))
                .copartitionGroups(
                        copartitioned
                                ? List.of(CopartitionGroup.builder()
                                        .sourceTopics(List.of((short) 0))
                                        .repartitionSourceTopics(List.of((short) 0))
                                        .build())
                                : List.of())
                .build();
    }

    private static ConfiguredTopology of(Map<String, Integer> counts, Subtopology... subtopologies) {
        var topology = StreamsGroupTopologyValue.builder()
                .subtopologies(List.of(subtopologies))
                .build();
        return ConfiguredTopology.of(Optional.of(topology), new Existing(counts));
    }

    @Test
    void theTwoSidesOfAJoinByForeignKeyWriteToEachOther() {
        var configured = of(
                Map.of("products", 4, "suppliers", 3),
                half("0", "products", "response", "registration", true),
                half("1", "suppliers", "registration", "response", true));
        assertThat(configured.partitions())
                .isEqualTo(Map.of("response", 4, "registration", 3, "changelog0", 4, "changelog1", 3));
        assertThat(configured.missing()).hasSize(4);
    }

    @Test
    void aCircleThatNothingElseDecidesTakesWhatIsKnown() {
        var configured = of(
                Map.of("products", 4, "suppliers", 3),
                half("0", "products", "response", "registration", false),
                half("1", "suppliers", "registration", "response", false));
        assertThat(configured.partitions()).containsEntry("registration", 4).containsEntry("response", 4);
    }

    @Test
    void topicsThatNobodyWritesToHaveNoNumberOfPartitions() {
        var configured = of(Map.of("products", 4), half("0", "products", "response", "registration", false));
        assertThat(configured.problem())
                .hasValueSatisfying(problem -> assertThat(problem.detail())
                        .contains("Nothing tells how many partitions the topics [response]"));
    }
}
