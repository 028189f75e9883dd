package io.moldau.groups;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.groups.GroupsFixture.Answer;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.HeartbeatRequest;
import io.moldau.protocol.message.HeartbeatResponse;
import io.moldau.protocol.message.JoinGroupRequest;
import io.moldau.protocol.message.JoinGroupRequest.JoinGroupRequestProtocol;
import io.moldau.protocol.message.JoinGroupResponse;
import io.moldau.protocol.message.LeaveGroupRequest;
import io.moldau.protocol.message.LeaveGroupRequest.MemberIdentity;
import io.moldau.protocol.message.LeaveGroupResponse;
import io.moldau.protocol.message.SyncGroupRequest;
import io.moldau.protocol.message.SyncGroupRequest.SyncGroupRequestAssignment;
import io.moldau.protocol.message.SyncGroupResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClassicGroupTest {
    private static final int SESSION_MS = 10_000;
    private static final int REBALANCE_MS = 20_000;
    private static final Caller CALLER = new Caller("app", "/127.0.0.1", (short) 9);

    private final GroupsFixture node;

    ClassicGroupTest() throws IOException {
        node = new GroupsFixture(1);
    }

    private Answer<JoinGroupResponse> join(String memberId, @Nullable String instance, String... protocols) {
        var answer = new Answer<JoinGroupResponse>();
        var request = JoinGroupRequest.builder()
                .groupId("g")
                .sessionTimeoutMs(SESSION_MS)
                .rebalanceTimeoutMs(REBALANCE_MS)
                .memberId(memberId)
                .groupInstanceId(instance)
                .protocolType("consumer")
                .protocols(Arrays.stream(protocols)
                        .map(name -> JoinGroupRequestProtocol.builder()
                                .name(name)
                                .metadata(bytes("subscription"))
                                .build())
                        .toList())
                .build();
        node.members().join(request, CALLER, answer);
        node.settle();
        return answer;
    }

    /// A new dynamic member: asks for its id, then joins with it.
    private Answer<JoinGroupResponse> joinNew() {
        var first = join("", null, "range").get();
        assertThat(first.errorCode()).isEqualTo(ErrorCode.MEMBER_ID_REQUIRED.code());
        return join(first.memberId(), null, "range");
    }

    private Answer<SyncGroupResponse> sync(JoinGroupResponse joined, String... memberAndAssignment) {
        var answer = new Answer<SyncGroupResponse>();
        var assignments = Arrays.stream(memberAndAssignment)
                .map(id -> SyncGroupRequestAssignment.builder()
                        .memberId(id)
                        .assignment(bytes("for " + id))
                        .build())
                .toList();
        node.members()
                .sync(
                        SyncGroupRequest.builder()
                                .groupId("g")
                                .generationId(joined.generationId())
                                .memberId(joined.memberId())
                                .assignments(assignments)
                                .build(),
                        answer);
        node.settle();
        return answer;
    }

    private ErrorCode heartbeat(String memberId, int generation, @Nullable String instance) {
        var answer = new Answer<HeartbeatResponse>();
        node.members()
                .heartbeat(
                        HeartbeatRequest.builder()
                                .groupId("g")
                                .generationId(generation)
                                .memberId(memberId)
                                .groupInstanceId(instance)
                                .build(),
                        answer);
        node.settle();
        return ErrorCode.of(answer.get().errorCode());
    }

    private ErrorCode leave(String memberId) {
        var answer = new Answer<LeaveGroupResponse>();
        node.members()
                .leave(
                        LeaveGroupRequest.builder()
                                .groupId("g")
                                .members(List.of(MemberIdentity.builder()
                                        .memberId(memberId)
                                        .build()))
                                .build(),
                        CALLER,
                        answer);
        node.settle();
        return ErrorCode.of(answer.get().members().getFirst().errorCode());
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private record Pair(JoinGroupResponse leader, JoinGroupResponse follower) {}

    /// Two dynamic members, joined and synced.
    private Pair stablePair() {
        var alone = joinNew().get();
        sync(alone, alone.memberId());
        var second = joinNew();
        assertThat(second.isGiven()).isFalse();
        assertThat(heartbeat(alone.memberId(), alone.generationId(), null)).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS);
        var first = join(alone.memberId(), null, "range");
        var pair = new Pair(first.get(), second.get());
        var waiting = sync(pair.follower);
        assertThat(waiting.isGiven()).isFalse();
        var led = sync(pair.leader, pair.leader.memberId(), pair.follower.memberId());
        assertThat(text(led.get().assignment())).isEqualTo("for " + pair.leader.memberId());
        assertThat(text(waiting.get().assignment())).isEqualTo("for " + pair.follower.memberId());
        return pair;
    }

    @Test
    void twoMembersJoinSyncAndAreStable() {
        var pair = stablePair();
        assertThat(pair.leader.leader()).isEqualTo(pair.leader.memberId());
        assertThat(pair.leader.members()).hasSize(2);
        assertThat(pair.follower.members()).isEmpty();
        assertThat(pair.follower.generationId())
                .isEqualTo(pair.leader.generationId())
                .isEqualTo(2);
        assertThat(node.described("g").groupState()).isEqualTo("Stable");
        assertThat(heartbeat(pair.follower.memberId(), 2, null)).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void aMemberThatLeavesCausesARebalanceOfTheOthers() {
        var pair = stablePair();
        assertThat(leave(pair.follower.memberId())).isEqualTo(ErrorCode.NONE);
        assertThat(heartbeat(pair.leader.memberId(), 2, null)).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS);
        var again = join(pair.leader.memberId(), null, "range").get();
        assertThat(again.generationId()).isEqualTo(3);
        assertThat(again.members()).hasSize(1);
        assertThat(leave(pair.leader.memberId())).isEqualTo(ErrorCode.NONE);
        assertThat(node.described("g").groupState()).isEqualTo("Empty");
    }

    @Test
    void aSilentMemberIsRemovedWhenItsSessionTimesOut() {
        var pair = stablePair();
        for (int i = 0; i < 4; i++) {
            node.pass(SESSION_MS / 4);
            heartbeat(pair.leader.memberId(), 2, null);
        }
        node.pass(SESSION_MS / 4);
        assertThat(heartbeat(pair.follower.memberId(), 2, null)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        assertThat(heartbeat(pair.leader.memberId(), 2, null)).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS);
    }

    @Test
    void aMemberThatDoesNotRejoinInTimeIsRemovedAndTheOthersGoOn() {
        var pair = stablePair();
        var again = join(pair.leader.memberId(), null, "range");
        assertThat(node.described("g").groupState()).isEqualTo("PreparingRebalance");
        for (int i = 0; i < REBALANCE_MS / 2_000; i++) {
            assertThat(again.isGiven()).isFalse();
            heartbeat(pair.follower.memberId(), 2, null);
            node.pass(2_000);
        }
        assertThat(again.get().members()).hasSize(1);
        assertThat(heartbeat(pair.follower.memberId(), 2, null)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aSecondJoinOfAWaitingMemberTakesThePlaceOfTheFirst() {
        var pair = stablePair();
        var first = join(pair.leader.memberId(), null, "range");
        var second = join(pair.leader.memberId(), null, "range");
        assertThat(first.isGiven()).isTrue();
        assertThat(second.isGiven()).isFalse();
        join(pair.follower.memberId(), null, "range");
        assertThat(second.get().generationId()).isEqualTo(3);
    }

    @Test
    void oldGenerationsAndUnknownMembersAreRefused() {
        var pair = stablePair();
        assertThat(heartbeat(pair.leader.memberId(), 1, null)).isEqualTo(ErrorCode.ILLEGAL_GENERATION);
        assertThat(heartbeat("nobody", 2, null)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
        assertThat(join("nobody", null, "range").get().errorCode()).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID.code());
        assertThat(sync(pair.leader.toBuilder().generationId(1).build()).get().errorCode())
                .isEqualTo(ErrorCode.ILLEGAL_GENERATION.code());
        assertThat(leave("nobody")).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aMemberWithoutACommonProtocolIsRefused() {
        stablePair();
        assertThat(join("", null, "sticky").get().errorCode()).isEqualTo(ErrorCode.INCONSISTENT_GROUP_PROTOCOL.code());
    }

    @Test
    void aStaticMemberThatComesBackKeepsItsAssignmentAndFencesTheOldOne() {
        var first = join("", "instance", "range").get();
        sync(first, first.memberId());
        var back = join("", "instance", "range").get();
        assertThat(back.generationId()).isEqualTo(first.generationId());
        assertThat(back.memberId()).isNotEqualTo(first.memberId());
        assertThat(back.skipAssignment()).isTrue();
        assertThat(text(sync(back).get().assignment())).isEqualTo("for " + first.memberId());
        assertThat(heartbeat(first.memberId(), first.generationId(), "instance"))
                .isEqualTo(ErrorCode.FENCED_INSTANCE_ID);
        assertThat(heartbeat(back.memberId(), back.generationId(), "instance")).isEqualTo(ErrorCode.NONE);
    }

    @Test
    void membersThatNeverSyncAreRemovedWhenTheSyncTimesOut() {
        var alone = joinNew().get();
        sync(alone, alone.memberId());
        var second = joinNew();
        var leader = join(alone.memberId(), null, "range").get();
        var waiting = sync(second.get());
        for (int i = 0; i < REBALANCE_MS / 2_000; i++) {
            heartbeat(leader.memberId(), leader.generationId(), null);
            node.pass(2_000);
        }
        assertThat(waiting.get().errorCode()).isEqualTo(ErrorCode.REBALANCE_IN_PROGRESS.code());
        assertThat(heartbeat(leader.memberId(), leader.generationId(), null)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aStableGroupSurvivesAKillAndItsMembersGoOn() throws IOException {
        var pair = stablePair();
        node.killAndReopen();
        assertThat(node.described("g").groupState()).isEqualTo("Stable");
        assertThat(heartbeat(pair.leader.memberId(), 2, null)).isEqualTo(ErrorCode.NONE);
        assertThat(text(sync(pair.follower).get().assignment())).isEqualTo("for " + pair.follower.memberId());
        node.pass(SESSION_MS + 100);
        assertThat(heartbeat(pair.follower.memberId(), 2, null)).isEqualTo(ErrorCode.UNKNOWN_MEMBER_ID);
    }

    @Test
    void whoWaitsToJoinIsToldWhenTheGroupsTopicIsDeleted() {
        var leader = joinNew().get();
        sync(leader, leader.memberId()).get();
        var waiting = joinNew();
        assertThat(waiting.isGiven()).isFalse();
        node.deleteOffsetsTopic();
        assertThat(ErrorCode.of(waiting.get().errorCode())).isEqualTo(ErrorCode.NOT_COORDINATOR);
    }
}
