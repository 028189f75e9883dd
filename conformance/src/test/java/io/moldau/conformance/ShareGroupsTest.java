package io.moldau.conformance;

import static io.moldau.conformance.Sharing.FIRST;
import static io.moldau.conformance.Sharing.GROUP;
import static io.moldau.conformance.Sharing.PATIENCE;
import static io.moldau.conformance.Sharing.TOPIC;
import static io.moldau.conformance.Sharing.admin;
import static io.moldau.conformance.Sharing.awaitStart;
import static io.moldau.conformance.Sharing.consumer;
import static io.moldau.conformance.Sharing.described;
import static io.moldau.conformance.Sharing.explicit;
import static io.moldau.conformance.Sharing.jobs;
import static io.moldau.conformance.Sharing.next;
import static io.moldau.conformance.Sharing.offset;
import static io.moldau.conformance.Sharing.offsetIfAny;
import static io.moldau.conformance.Sharing.produce;
import static io.moldau.conformance.Sharing.read;
import static io.moldau.conformance.Sharing.set;
import static io.moldau.conformance.Sharing.values;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.moldau.client.ClientSettings;
import io.moldau.client.Cluster;
import io.moldau.client.GroupAdmin;
import io.moldau.client.GroupInfo;
import io.moldau.client.ShareGroupAdmin;
import io.moldau.environment.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Share groups as Kafka's admin client and ours see and change them (KIP-932, 1226).
@Timeout(120)
class ShareGroupsTest {
    @TempDir
    Path directory;

    @Test
    void deletedRecordsAreSteppedOver() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = consumer(node.bootstrap())) {
            produce(node.bootstrap(), 0, 10);
            admin.deleteRecords(Map.of(FIRST, RecordsToDelete.beforeOffset(6)))
                    .all()
                    .get();
            var read = new ArrayList<String>();
            while (read.size() < 4) {
                read.addAll(values(next(consumer)));
            }
            consumer.commitSync();
            assertThat(read).endsWith("job 6", "job 7", "job 8", "job 9");
            admin.deleteRecords(Map.of(FIRST, RecordsToDelete.beforeOffset(10)))
                    .all()
                    .get();
            produce(node.bootstrap(), 10, 12);
            assertThat(values(next(consumer))).startsWith("job 10");
        }
    }

    @Test
    void theAdminSeesAndChangesWhereAGroupReads() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 2)) {
            produce(node.bootstrap(), 0, 10);
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 10) {
                    read.addAll(values(next(consumer)));
                }
                consumer.commitSync();
                var listed = admin.listGroups(ListGroupsOptions.forShareGroups())
                        .all()
                        .get();
                assertThat(listed).singleElement().satisfies(group -> {
                    assertThat(group.groupId()).isEqualTo(GROUP);
                    assertThat(group.type()).hasValue(GroupType.SHARE);
                });
                var described = described(admin);
                assertThat(described.groupState()).isEqualTo(GroupState.STABLE);
                assertThat(described.members())
                        .singleElement()
                        .satisfies(member -> assertThat(member.assignment().topicPartitions())
                                .containsExactlyInAnyOrder(FIRST, new TopicPartition(TOPIC, 1)));
            }
            awaitStart(admin, 10);
            // When
            admin.alterShareGroupOffsets(GROUP, Map.of(FIRST, 4L)).all().get();
            assertThat(offset(admin).startOffset()).isEqualTo(4);
            try (var consumer = consumer(node.bootstrap())) {
                var read = new ArrayList<String>();
                while (read.size() < 6) {
                    read.addAll(values(next(consumer)));
                }
                assertThat(read).isEqualTo(jobs(4, 10));
                consumer.commitSync();
            }
            awaitStart(admin, 10);
            admin.deleteShareGroupOffsets(GROUP, Set.of(TOPIC)).all().get();
            assertThat(offsetIfAny(admin)).isNull();
            admin.deleteShareGroups(List.of(GROUP)).all().get();
            assertThat(admin.listGroups(ListGroupsOptions.forShareGroups())
                            .all()
                            .get())
                    .isEmpty();
            assertThat(catchThrowableOfType(
                            ExecutionException.class,
                            () -> admin.alterShareGroupOffsets(GROUP, Map.of(FIRST, 4L))
                                    .all()
                                    .get()))
                    .hasRootCauseInstanceOf(GroupIdNotFoundException.class);
        }
    }

    @Test
    void aTopicOfTheSameNameBeginsAnew() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            read(node.bootstrap(), 5);
            awaitStart(admin, 5);
            admin.deleteTopics(List.of(TOPIC)).all().get();
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            produce(node.bootstrap(), 5, 8);
            assertThat(read(node.bootstrap(), 3)).isEqualTo(jobs(5, 8));
            awaitStart(admin, 3);
        }
    }

    @Test
    void aNewGroupBeginsWhereItsSettingSays() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            set(admin, "share.auto.offset.reset", "by_duration:PT1H");
            assertThat(read(node.bootstrap(), 5)).isEqualTo(jobs(0, 5));
            admin.deleteShareGroups(List.of(GROUP)).all().get();
            set(admin, "share.auto.offset.reset", "latest");
            try (var consumer = consumer(node.bootstrap())) {
                Awaitility.await().atMost(PATIENCE).until(() -> {
                    assertThat(consumer.poll(Duration.ofMillis(100))).isEmpty();
                    var info = offsetIfAny(admin);
                    return info != null && info.startOffset() == 5;
                });
                produce(node.bootstrap(), 5, 6);
                assertThat(values(next(consumer))).containsExactly("job 5");
            }
        }
    }

    @Test
    void ourClientSeesMembersAndLag() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1);
                var consumer = explicit(node.bootstrap());
                var cluster = new Cluster(ClientSettings.of(Environment.real(), node.bootstrap(), "moldau-test"))) {
            produce(node.bootstrap(), 0, 3);
            // When: the last of them stays with the consumer
            var seen = new ArrayList<ConsumerRecord<String, String>>();
            while (seen.size() < 3) {
                seen.addAll(next(consumer));
            }
            seen.subList(0, 2).forEach(consumer::acknowledge);
            consumer.commitSync();
            // Then
            var group = new GroupAdmin(cluster).describe(GROUP);
            assertThat(group.type()).isEqualTo("share");
            assertThat(group.members()).hasSize(1);
            assertThat(new ShareGroupAdmin(cluster).offsets(GROUP))
                    .isEqualTo(Map.of(new io.moldau.client.TopicPartition(TOPIC, 0), new ShareGroupAdmin.Offset(2, 1)));
            assertThat(new GroupAdmin(cluster).list()).containsExactly(new GroupInfo.Listed(GROUP, "share", "Stable"));
            assertThat(admin.listGroups(ListGroupsOptions.forConsumerGroups())
                            .all()
                            .get())
                    .isEmpty();
        }
    }

    @Test
    void aGroupOfTheSameNameBeginsAnew() throws Exception {
        try (var node = RunningNode.in(directory);
                var admin = admin(node.bootstrap(), 1)) {
            produce(node.bootstrap(), 0, 5);
            for (int life = 0; life < 3; life++) {
                try (var consumer = consumer(node.bootstrap())) {
                    var read = new ArrayList<String>();
                    while (read.size() < 5) {
                        read.addAll(values(next(consumer)));
                    }
                    assertThat(read).isEqualTo(jobs(0, 5));
                    consumer.commitSync();
                }
                awaitStart(admin, 5);
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> described(admin).members().isEmpty());
                admin.deleteShareGroups(List.of(GROUP)).all().get();
            }
        }
    }
}
