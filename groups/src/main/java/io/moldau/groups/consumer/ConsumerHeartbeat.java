package io.moldau.groups.consumer;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.moldau.groups.Caller;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.ConsumerGroupHeartbeatRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// What a member says in one heartbeat, and whether it may.
record ConsumerHeartbeat(ConsumerGroupHeartbeatRequest request, Caller caller) {
    boolean isJoining() {
        return request.memberEpoch() == 0;
    }

    /// The member says all that there is to say, and wants to be told all.
    boolean isFull() {
        return isJoining()
                || request.rebalanceTimeoutMs() > 0
                        && request.topicPartitions() != null
                        && (request.subscribedTopicNames() != null || request.subscribedTopicRegex() != null);
    }

    /// Refuses what no member may say, whatever the group is like.
    void check(List<String> assignors) {
        if (request.memberEpoch() < ConsumerMember.LEFT_FOR_A_WHILE) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "a member epoch of " + request.memberEpoch());
        }
        if (request.memberId().isEmpty() && (caller.version() >= 1 || request.memberEpoch() != 0)) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "the member id must not be empty (KIP-1082)");
        }
        if (request.memberEpoch() == ConsumerMember.LEFT_FOR_A_WHILE && request.instanceId() == null) {
            throw new Refusal(ErrorCode.INVALID_REQUEST, "only a static member can leave for a while (epoch -2)");
        }
        if (request.memberEpoch() == 0) {
            var owned = request.topicPartitions();
            if (request.rebalanceTimeoutMs() <= 0) {
                throw new Refusal(ErrorCode.INVALID_REQUEST, "a joining member gives a rebalance timeout");
            }
            if (owned == null || !owned.isEmpty()) {
                throw new Refusal(ErrorCode.INVALID_REQUEST, "a joining member gives an empty list of partitions");
            }
            if (request.subscribedTopicNames() == null && request.subscribedTopicRegex() == null) {
                throw new Refusal(ErrorCode.INVALID_REQUEST, "a joining member subscribes to topics or a pattern");
            }
        }
        var assignor = request.serverAssignor();
        if (assignor != null && !assignors.contains(assignor)) {
            throw new Refusal(
                    ErrorCode.UNSUPPORTED_ASSIGNOR,
                    "there is no assignor \"" + assignor + "\"; there are " + assignors);
        }
        var regex = request.subscribedTopicRegex();
        if (regex != null && !regex.isEmpty()) {
            try {
                Pattern.compile(regex);
            } catch (PatternSyntaxException malformed) {
                throw new Refusal(
                        ErrorCode.INVALID_REGULAR_EXPRESSION,
                        "the pattern " + regex + " is not RE2: " + malformed.getDescription());
            }
        }
    }

    /// The member that sent this.
    ConsumerMember member(ConsumerGroup group) {
        var memberId = request.memberId();
        var instanceId = request.instanceId();
        if (instanceId != null) {
            var byInstance = group.byInstance(instanceId)
                    .orElseThrow(() ->
                            new Refusal(ErrorCode.UNKNOWN_MEMBER_ID, "no member has the instance id " + instanceId));
            if (!byInstance.id().equals(memberId)) {
                throw new Refusal(
                        ErrorCode.FENCED_INSTANCE_ID,
                        "the instance id " + instanceId + " belongs to member " + byInstance.id() + " now");
            }
            return byInstance;
        }
        var member = group.members.get(memberId);
        if (member == null) {
            throw new Refusal(
                    ErrorCode.UNKNOWN_MEMBER_ID, "member " + memberId + " is not in the group (any more): join again");
        }
        return member;
    }

    /// Refuses an epoch that is not the member's, unless the answer to the step before was lost.
    void checkEpoch(ConsumerMember member) {
        int given = request.memberEpoch();
        boolean retried = given == member.previousEpoch()
                && owned().map(member.assigned()::hasAll).orElse(true);
        if (given != member.epoch() && !(given < member.epoch() && retried)) {
            throw new Refusal(
                    ErrorCode.FENCED_MEMBER_EPOCH,
                    "the member is at epoch " + member.epoch() + ", the request at " + given + ": join again");
        }
    }

    /// The member as the client describes it now; what is not said stays.
    ConsumerMember described(ConsumerMember before) {
        var names = request.subscribedTopicNames();
        var regex = request.subscribedTopicRegex();
        var instance = request.instanceId();
        var rack = request.rackId();
        var assignor = request.serverAssignor();
        return new ConsumerMember(
                before.id(),
                instance == null ? before.instanceId() : instance,
                rack == null ? before.rackId() : rack,
                caller.clientId(),
                caller.host(),
                names == null ? before.topics() : List.copyOf(new TreeSet<>(names)),
                regex == null ? before.regex() : regex,
                request.rebalanceTimeoutMs() <= 0 ? before.rebalanceTimeoutMs() : request.rebalanceTimeoutMs(),
                assignor == null ? before.serverAssignor() : assignor,
                before.epoch(),
                before.previousEpoch(),
                before.state(),
                before.assigned(),
                before.revoking(),
                null);
    }

    /// What the member says that it has, if it says so.
    Optional<PartitionSet> owned() {
        var given = request.topicPartitions();
        if (given == null) {
            return Optional.empty();
        }
        var all = new ArrayList<PartitionSet.One>();
        given.forEach(topic -> topic.partitions().forEach(p -> all.add(new PartitionSet.One(topic.topicId(), p))));
        return Optional.of(PartitionSet.of(all));
    }
}
