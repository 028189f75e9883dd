package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.groups.share.ShareStates;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.DeleteGroupsResponse.DeletableGroupResult;
import io.moldau.protocol.message.ShareGroupDescribeResponse.DescribedGroup;
import io.moldau.protocol.message.ShareGroupHeartbeatRequest;
import io.moldau.protocol.message.ShareGroupHeartbeatResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Members of share groups, by their heartbeats.
class ShareGroupTest {
    private static final String GROUP = "workers";
    private static final Caller CALLER = new Caller("client", "/127.0.0.1", (short) 1);

    private static ShareGroupHeartbeatResponse heartbeat(
            GroupsFixture node, String member, int epoch, @Nullable List<String> topics) {
        var answer = new Answer<ShareGroupHeartbeatResponse>();
        new ShareGroupsApi(node.coordinator())
                .heartbeat(
                        ShareGroupHeartbeatRequest.builder()
                                .groupId(GROUP)
                                .memberId(member)
                                .memberEpoch(epoch)
                                .subscribedTopicNames(topics)
                                .build(),
                        CALLER,
                        answer);
        node.settle();
        return answer.get();
    }

    private static List<Integer> partitions(ShareGroupHeartbeatResponse response) {
        return Objects.requireNonNull(response.assignment()).topicPartitions().stream()
                .flatMap(topic -> topic.partitions().stream())
                .toList();
    }

    private static DescribedGroup described(GroupsFixture node) {
        var answer = new Answer<DescribedGroup>();
        new ShareGroupsApi(node.coordinator()).describe(GROUP, answer);
        node.settle();
        return answer.get();
    }

    private static short delete(GroupsFixture node) {
        var answer = new Answer<DeletableGroupResult>();
        node.groups().delete(GROUP, answer);
        node.settle();
        return answer.get().errorCode();
    }

    @Test
    void theFirstAnswerAssignsAndMembersShareAPartition() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 1);
        var one = heartbeat(node, "one", 0, List.of("jobs"));
        var two = heartbeat(node, "two", 0, List.of("jobs"));
        assertThat(partitions(one)).containsExactly(0);
        assertThat(partitions(two)).containsExactly(0);
        var later = heartbeat(node, "one", one.memberEpoch(), null);
        assertThat(later.errorCode()).isZero();
        assertThat(later.memberEpoch()).isEqualTo(two.memberEpoch());
        assertThat(described(node).groupState()).isEqualTo("Stable");
    }

    @Test
    void aMemberThatLeavesOrIsSilentGivesItsPartitionsToTheOthers() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 4);
        int one = heartbeat(node, "one", 0, List.of("jobs")).memberEpoch();
        heartbeat(node, "two", 0, List.of("jobs"));
        heartbeat(node, "three", 0, List.of("jobs"));
        assertThat(heartbeat(node, "three", -1, null).memberEpoch()).isEqualTo(-1);
        var smaller = heartbeat(node, "one", one, null);
        assertThat(partitions(smaller)).hasSize(2);
        node.pass(30_000);
        heartbeat(node, "one", smaller.memberEpoch(), null);
        node.pass(30_000);
        assertThat(partitions(heartbeat(node, "one", smaller.memberEpoch(), null)))
                .containsExactly(0, 1, 2, 3);
        assertThat(heartbeat(node, "two", 1, null).errorCode()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID.code());
    }

    @Test
    void newPartitionsAreAssignedByTheNextHeartbeat() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 1);
        int epoch = heartbeat(node, "one", 0, List.of("jobs", "later")).memberEpoch();
        node.topic("jobs", 3);
        node.topic("later", 1);
        assertThat(partitions(heartbeat(node, "one", epoch, null))).containsExactlyInAnyOrder(0, 1, 2, 0);
    }

    @Test
    void membersAreThereAfterTheNodeWasKilled() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 3);
        heartbeat(node, "one", 0, List.of("jobs"));
        int epoch = heartbeat(node, "two", 0, List.of("jobs")).memberEpoch();
        var before = described(node);
        node.powerCutAndReopen();
        assertThat(described(node)).isEqualTo(before);
        assertThat(heartbeat(node, "two", epoch, null).errorCode()).isZero();
        node.pass(60_000);
        assertThat(described(node).groupState()).isEqualTo("Empty");
    }

    @Test
    void whatNoMemberMaySayIsRefused() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 1);
        assertThat(heartbeat(node, "", 0, List.of("jobs")).errorCode()).isEqualTo(ErrorCode.INVALID_REQUEST.code());
        assertThat(heartbeat(node, "one", 0, null).errorCode()).isEqualTo(ErrorCode.INVALID_REQUEST.code());
        assertThat(heartbeat(node, "one", -2, null).errorCode()).isEqualTo(ErrorCode.INVALID_REQUEST.code());
        assertThat(heartbeat(node, "one", 1, null).errorCode()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND.code());
        assertThat(described(node).errorCode()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND.code());
        int epoch = heartbeat(node, "one", 0, List.of("jobs")).memberEpoch();
        assertThat(heartbeat(node, "one", epoch + 1, null).errorCode()).isEqualTo(ErrorCode.FENCED_MEMBER_EPOCH.code());
        for (int i = 1; i < 200; i++) {
            assertThat(heartbeat(node, "more " + i, 0, List.of("jobs")).errorCode())
                    .isZero();
        }
        assertThat(heartbeat(node, "too many", 0, List.of("jobs")).errorCode())
                .isEqualTo(ErrorCode.GROUP_MAX_SIZE_REACHED.code());
    }

    @Test
    void aGroupWithoutMembersCanBeDeletedAndItsNameIsFree() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 1);
        heartbeat(node, "one", 0, List.of("jobs"));
        assertThat(delete(node)).isEqualTo(ErrorCode.NON_EMPTY_GROUP.code());
        heartbeat(node, "one", -1, null);
        assertThat(delete(node)).isZero();
        assertThat(delete(node)).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND.code());
        node.killAndReopen();
        assertThat(described(node).errorCode()).isEqualTo(ErrorCode.GROUP_ID_NOT_FOUND.code());
        assertThat(partitions(heartbeat(node, "one", 0, List.of("jobs")))).containsExactly(0);
    }

    @Test
    void whoCameAndWhoWentIsExplained() throws IOException {
        var node = new GroupsFixture(1);
        node.topic("jobs", 2);
        node.topic("more", 1);
        int one = heartbeat(node, "one", 0, List.of("jobs")).memberEpoch();
        assertThat(node.told(GROUP))
                .containsExactly(
                        "epoch 1 begins: member one wants to read jobs, whose share states are made first",
                        "epoch 2 begins: member one (/127.0.0.1) joined",
                        "epoch 2 is settled: 1 members, after 0 ms");
        heartbeat(node, "two", 0, List.of("jobs"));
        node.pass(1000);
        one = heartbeat(node, "one", one, null).memberEpoch();
        assertThat(node.told(GROUP)).endsWith("epoch 3 is settled: 2 members, after 1000 ms");
        one = heartbeat(node, "one", one, List.of("jobs", "more")).memberEpoch();
        assertThat(node.told(GROUP)).endsWith("epoch 4 begins: member one (/127.0.0.1) changed its subscription");
        heartbeat(node, "one", one + 7, null);
        assertThat(node.told(GROUP))
                .endsWith("member one is fenced: the member is at epoch 4, the request at 11: join again");
        heartbeat(node, "one", -1, null);
        assertThat(node.told(GROUP)).endsWith("epoch 5 begins: member one (/127.0.0.1) left");
        node.pass(60_000);
        assertThat(node.told(GROUP))
                .endsWith("epoch 6 begins: member two (/127.0.0.1) gave no sign of life for 45000 ms and was removed");
        heartbeat(node, "three", 0, List.of("jobs"));
        assertThat(node.told(GROUP))
                .as("the time without members is no rebalance")
                .endsWith("epoch 7 is settled: 1 members, after 0 ms");
    }

    @Test
    void whatBecameOfTopicsAndOffsetsIsExplained() throws IOException {
        var node = new GroupsFixture(1);
        var api = new ShareGroupsApi(node.coordinator());
        node.topic("jobs", 1);
        node.topic("old", 1);
        int epoch = heartbeat(node, "one", 0, List.of("jobs", "old")).memberEpoch();
        node.topic("jobs", 2);
        heartbeat(node, "one", epoch, null);
        assertThat(node.told(GROUP))
                .contains("epoch 3 begins: topics that are read were created, deleted or given more partitions");
        node.deleteTopic("old");
        node.topic("other", 1);
        heartbeat(node, "one", -1, null);
        var jobs = node.topics.id("jobs").orElseThrow();
        var set = new Answer<ErrorCode>();
        api.setStarts(
                GROUP,
                List.of(new ShareStates.Start(jobs, 0, 17), new ShareStates.Start(jobs, 1, 0)),
                (error, each) -> set.accept(error));
        node.settle();
        assertThat(set.get()).isEqualTo(ErrorCode.NONE);
        var deleted = new Answer<ErrorCode>();
        api.deleteStarts(GROUP, List.of(jobs), deleted);
        node.settle();
        assertThat(deleted.get()).isEqualTo(ErrorCode.NONE);
        assertThat(delete(node)).isZero();
        assertThat(node.told(GROUP).subList(5, node.told(GROUP).size()))
                .containsExactly(
                        "the offsets of old are deleted: the topic was deleted",
                        "epoch 4 begins: member one (/127.0.0.1) left",
                        "epoch 5 begins: offsets are to be set (AlterShareGroupOffsets)",
                        "offsets were set: jobs-0 to 17, jobs-1 to 0",
                        "the offsets of jobs are deleted: DeleteShareGroupOffsets asks for it",
                        "the group was deleted (DeleteGroups)");
    }

    @Test
    void theNextAssignmentWaitsForItsTimeAndIsMadeThen() throws IOException {
        var node = new GroupsFixture(1);
        node.configs.put("share.assignment.interval.ms", 1_000);
        node.topic("jobs", 4);
        node.topic("more", 2);
        var one = heartbeat(node, "one", 0, List.of("jobs", "more"));
        assertThat(partitions(one)).as("the first is at once").hasSize(6);
        node.pass(200);
        var two = heartbeat(node, "two", 0, List.of("jobs"));
        assertThat(partitions(two)).isEmpty();
        assertThat(two.memberEpoch()).isEqualTo(one.memberEpoch());
        assertThat(two.heartbeatIntervalMs()).isEqualTo(800);
        assertThat(partitions(heartbeat(node, "one", one.memberEpoch(), List.of("jobs"))))
                .as("topics that it reads no more are taken from it at once")
                .hasSize(4);
        assertThat(described(node).assignmentEpoch()).isEqualTo(one.memberEpoch());
        node.pass(800);
        assertThat(described(node).assignmentEpoch()).isEqualTo(one.memberEpoch() + 2);
        var later = heartbeat(node, "two", two.memberEpoch(), null);
        assertThat(partitions(later)).hasSize(2);
        assertThat(later.heartbeatIntervalMs()).isEqualTo(5_000);
        assertThat(partitions(heartbeat(node, "one", one.memberEpoch(), null))).hasSize(2);
        assertThat(node.told(GROUP))
                .contains("the next assignment is computed in 800 ms (share.assignment.interval.ms)")
                .endsWith("epoch 4 is settled: 2 members, after 800 ms");
    }

    /// Every partition has a reader, every member something to read, and nobody much more than others.
    @Test
    void assignmentsLeaveNobodyOut() throws IOException {
        for (long seed = 0; seed < 20; seed++) {
            var random = new Random(seed);
            var node = new GroupsFixture(seed);
            var counts = new TreeMap<String, Integer>();
            for (int i = 0; i <= random.nextInt(4); i++) {
                int count = 1 + random.nextInt(6);
                counts.put("t" + i, count);
                node.topic("t" + i, count);
            }
            int members = 1 + random.nextInt(8);
            for (int i = 0; i < members; i++) {
                heartbeat(node, "m" + i, 0, List.copyOf(counts.keySet()));
            }
            for (int i = 0; i < members; i++) {
                heartbeat(node, "m" + i, described(node).members().get(i).memberEpoch(), null);
            }
            Set<Object> read = new HashSet<>();
            var sizes = new ArrayList<Integer>();
            for (var member : described(node).members()) {
                int size = 0;
                for (var topic : member.assignment().topicPartitions()) {
                    for (int partition : topic.partitions()) {
                        read.add(List.<Object>of(topic.topicId(), partition));
                        size++;
                    }
                }
                sizes.add(size);
            }
            assertThat(read)
                    .as("seed %s", seed)
                    .hasSize(counts.values().stream().mapToInt(count -> count).sum());
            assertThat(sizes).as("seed %s", seed).allMatch(size -> size > 0);
            int least = sizes.stream().mapToInt(size -> size).min().orElseThrow();
            int most = sizes.stream().mapToInt(size -> size).max().orElseThrow();
            assertThat(most - least).as("seed %s: %s", seed, sizes).isLessThanOrEqualTo(1);
        }
    }
}
