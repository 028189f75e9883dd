package io.moldau.protocol;

/// The error codes of the protocol, with their numbers, and what they mean in one sentence.
/// Which of them may pass by themselves when tried again is Kafka's judgement, as clients act on it.
public enum ErrorCode {
    UNKNOWN_SERVER_ERROR(-1, false, "The server failed in a way it did not expect."),
    NONE(0, false, "No error."),
    OFFSET_OUT_OF_RANGE(1, false, "The offset lies outside the partition's log."),
    CORRUPT_MESSAGE(2, true, "The record batch fails its checksum, its size limit or its key rules."),
    UNKNOWN_TOPIC_OR_PARTITION(3, true, "This server has no such topic or partition."),
    INVALID_FETCH_SIZE(4, false, "The fetch size is not valid."),
    LEADER_NOT_AVAILABLE(5, true, "The partition has no leader at the moment."),
    NOT_LEADER_OR_FOLLOWER(6, true, "This broker does not lead the partition, or has no replica of it."),
    REQUEST_TIMED_OUT(7, true, "The request was not finished in its time."),
    BROKER_NOT_AVAILABLE(8, false, "The broker cannot be reached."),
    REPLICA_NOT_AVAILABLE(9, true, "The replica is not available."),
    MESSAGE_TOO_LARGE(10, false, "The record batch is larger than the topic allows."),
    STALE_CONTROLLER_EPOCH(11, false, "Another broker has become the controller."),
    OFFSET_METADATA_TOO_LARGE(12, false, "The metadata string of an offset commit is too long."),
    NETWORK_EXCEPTION(13, true, "The connection ended before the response came."),
    COORDINATOR_LOAD_IN_PROGRESS(14, true, "The coordinator is still loading its state."),
    COORDINATOR_NOT_AVAILABLE(15, true, "There is no coordinator at the moment."),
    NOT_COORDINATOR(16, true, "This broker is not the coordinator."),
    INVALID_TOPIC_EXCEPTION(17, false, "The topic's name is not valid, or the topic does not permit this."),
    RECORD_LIST_TOO_LARGE(18, false, "The record batch is larger than a log segment."),
    NOT_ENOUGH_REPLICAS(19, true, "Fewer replicas are in sync than the topic requires; nothing was written."),
    NOT_ENOUGH_REPLICAS_AFTER_APPEND(
            20, true, "The records were written, but fewer replicas are in sync than required."),
    INVALID_REQUIRED_ACKS(21, false, "acks must be 0, 1 or -1 (all)."),
    ILLEGAL_GENERATION(22, false, "The generation is not the group's present one."),
    INCONSISTENT_GROUP_PROTOCOL(23, false, "The member shares no protocol with the group."),
    INVALID_GROUP_ID(24, false, "The group id is not valid."),
    UNKNOWN_MEMBER_ID(25, false, "The group has no such member."),
    INVALID_SESSION_TIMEOUT(26, false, "The session timeout lies outside the limits of the broker."),
    REBALANCE_IN_PROGRESS(27, false, "The group is rebalancing: join again."),
    INVALID_COMMIT_OFFSET_SIZE(28, false, "The offset commit is too large."),
    TOPIC_AUTHORIZATION_FAILED(29, false, "Not allowed on this topic."),
    GROUP_AUTHORIZATION_FAILED(30, false, "Not allowed on this group."),
    CLUSTER_AUTHORIZATION_FAILED(31, false, "Not allowed on this cluster."),
    INVALID_TIMESTAMP(32, false, "The timestamp lies outside the range the topic accepts."),
    UNSUPPORTED_SASL_MECHANISM(33, false, "The broker does not offer this SASL mechanism."),
    ILLEGAL_SASL_STATE(34, false, "The request does not fit the state of the SASL exchange."),
    UNSUPPORTED_VERSION(35, false, "This version of the API is not supported."),
    TOPIC_ALREADY_EXISTS(36, false, "There is a topic of this name already."),
    INVALID_PARTITIONS(37, false, "The number of partitions is not valid."),
    INVALID_REPLICATION_FACTOR(38, false, "The replication factor is below 1 or above the number of brokers."),
    INVALID_REPLICA_ASSIGNMENT(39, false, "The assignment of replicas is not valid."),
    INVALID_CONFIG(40, false, "A setting or its value is not valid."),
    NOT_CONTROLLER(41, true, "This node is not the controller."),
    INVALID_REQUEST(42, false, "The request contradicts itself or the protocol."),
    UNSUPPORTED_FOR_MESSAGE_FORMAT(43, false, "The topic's record format does not support this."),
    POLICY_VIOLATION(44, false, "A policy of the cluster forbids this."),
    OUT_OF_ORDER_SEQUENCE_NUMBER(45, false, "A batch of this producer is missing before this one."),
    DUPLICATE_SEQUENCE_NUMBER(46, false, "The producer sent this batch before."),
    INVALID_PRODUCER_EPOCH(47, false, "A newer epoch of this producer is known."),
    INVALID_TXN_STATE(48, false, "The transaction's state does not permit this."),
    INVALID_PRODUCER_ID_MAPPING(49, false, "The producer id does not belong to the transactional id."),
    INVALID_TRANSACTION_TIMEOUT(50, false, "The transaction timeout is above the broker's limit."),
    CONCURRENT_TRANSACTIONS(51, true, "Another change of the same transaction is under way."),
    TRANSACTION_COORDINATOR_FENCED(52, false, "A newer transaction coordinator has taken over."),
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED(53, false, "Not allowed for this transactional id."),
    SECURITY_DISABLED(54, false, "Security is turned off."),
    OPERATION_NOT_ATTEMPTED(55, false, "Not tried, since another part of the request failed."),
    KAFKA_STORAGE_ERROR(56, true, "The log's disk failed."),
    LOG_DIR_NOT_FOUND(57, false, "The broker has no such log directory."),
    SASL_AUTHENTICATION_FAILED(58, false, "Authentication failed."),
    UNKNOWN_PRODUCER_ID(59, false, "The partition knows nothing of this producer id."),
    REASSIGNMENT_IN_PROGRESS(60, false, "The partition is being reassigned."),
    DELEGATION_TOKEN_AUTH_DISABLED(61, false, "Delegation tokens are turned off."),
    DELEGATION_TOKEN_NOT_FOUND(62, false, "There is no such delegation token."),
    DELEGATION_TOKEN_OWNER_MISMATCH(63, false, "The principal neither owns nor may renew the delegation token."),
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED(
            64, false, "Delegation tokens cannot be asked for on this kind of connection."),
    DELEGATION_TOKEN_AUTHORIZATION_FAILED(65, false, "Not allowed on this delegation token."),
    DELEGATION_TOKEN_EXPIRED(66, false, "The delegation token has expired."),
    INVALID_PRINCIPAL_TYPE(67, false, "The type of principal is not supported."),
    NON_EMPTY_GROUP(68, false, "The group still has members."),
    GROUP_ID_NOT_FOUND(69, false, "There is no such group."),
    FETCH_SESSION_ID_NOT_FOUND(70, true, "There is no such fetch session."),
    INVALID_FETCH_SESSION_EPOCH(71, true, "The epoch is not the fetch session's next one."),
    LISTENER_NOT_FOUND(72, true, "The leader has no listener of the name the request came through."),
    TOPIC_DELETION_DISABLED(73, false, "Deleting topics is turned off."),
    FENCED_LEADER_EPOCH(74, true, "The leader epoch is older than the broker's."),
    UNKNOWN_LEADER_EPOCH(75, true, "The leader epoch is newer than the broker's."),
    UNSUPPORTED_COMPRESSION_TYPE(76, false, "The client cannot read this partition's compression."),
    STALE_BROKER_EPOCH(77, false, "The broker has registered anew since."),
    OFFSET_NOT_AVAILABLE(78, true, "The new leader does not know its high watermark yet."),
    MEMBER_ID_REQUIRED(79, false, "Join again with the member id given in this response."),
    PREFERRED_LEADER_NOT_AVAILABLE(80, true, "The preferred leader is not available."),
    GROUP_MAX_SIZE_REACHED(81, false, "The group has as many members as are allowed."),
    FENCED_INSTANCE_ID(82, false, "Another member has taken this group instance id."),
    ELIGIBLE_LEADERS_NOT_AVAILABLE(83, true, "No replica that may lead is available."),
    ELECTION_NOT_NEEDED(84, true, "The partition needs no election."),
    NO_REASSIGNMENT_IN_PROGRESS(85, false, "The partition is not being reassigned."),
    GROUP_SUBSCRIBED_TO_TOPIC(86, false, "The group still subscribes to the topic."),
    INVALID_RECORD(87, false, "A record breaks a rule of the topic."),
    UNSTABLE_OFFSET_COMMIT(88, true, "Offsets of an open transaction are not settled yet."),
    THROTTLING_QUOTA_EXCEEDED(89, true, "A quota is used up: try again later."),
    PRODUCER_FENCED(90, false, "A newer producer uses the same transactional id."),
    RESOURCE_NOT_FOUND(91, false, "There is no such resource."),
    DUPLICATE_RESOURCE(92, false, "The request names a resource twice."),
    UNACCEPTABLE_CREDENTIAL(93, false, "The credential is not good enough."),
    INCONSISTENT_VOTER_SET(94, false, "Sender or receiver is not one of the voters."),
    INVALID_UPDATE_VERSION(95, false, "The update is based on another version."),
    FEATURE_UPDATE_FAILED(96, false, "The finalized features could not be changed."),
    PRINCIPAL_DESERIALIZATION_FAILURE(97, false, "The principal of a forwarded request cannot be read."),
    SNAPSHOT_NOT_FOUND(98, false, "There is no such snapshot."),
    POSITION_OUT_OF_RANGE(99, false, "The position lies outside the snapshot."),
    UNKNOWN_TOPIC_ID(100, true, "This server has no topic of this id."),
    DUPLICATE_BROKER_REGISTRATION(101, false, "A running broker has this id already."),
    BROKER_ID_NOT_REGISTERED(102, false, "No broker of this id is registered."),
    INCONSISTENT_TOPIC_ID(103, true, "The topic has another id than the request says."),
    INCONSISTENT_CLUSTER_ID(104, false, "This is another cluster than the request says."),
    TRANSACTIONAL_ID_NOT_FOUND(105, false, "There is no such transactional id."),
    FETCH_SESSION_TOPIC_ID_ERROR(106, true, "The fetch session mixes topic names and topic ids."),
    INELIGIBLE_REPLICA(107, false, "The new ISR has a replica that may not be in it."),
    NEW_LEADER_ELECTED(108, false, "The change was made, and the leader is another one now."),
    OFFSET_MOVED_TO_TIERED_STORAGE(109, false, "The offset is in tiered storage only."),
    FENCED_MEMBER_EPOCH(110, false, "The member epoch is fenced: give up all partitions and join again."),
    UNRELEASED_INSTANCE_ID(111, false, "The group instance id is still held by another member."),
    UNSUPPORTED_ASSIGNOR(112, false, "The group cannot use this assignor."),
    STALE_MEMBER_EPOCH(113, false, "The member epoch is old: take the new one from a heartbeat first."),
    MISMATCHED_ENDPOINT_TYPE(114, false, "The request reached the wrong kind of endpoint."),
    UNSUPPORTED_ENDPOINT_TYPE(115, false, "This kind of endpoint is not supported."),
    UNKNOWN_CONTROLLER_ID(116, false, "No controller has this id."),
    UNKNOWN_SUBSCRIPTION_ID(117, false, "The telemetry subscription is unknown or has changed."),
    TELEMETRY_TOO_LARGE(118, false, "The telemetry is larger than the broker accepts."),
    INVALID_REGISTRATION(119, false, "The controller refuses the broker's registration."),
    TRANSACTION_ABORTABLE(120, false, "The transaction failed: abort it and go on."),
    INVALID_RECORD_STATE(121, false, "The records' delivery state does not permit this acknowledgement."),
    SHARE_SESSION_NOT_FOUND(122, true, "There is no such share session."),
    INVALID_SHARE_SESSION_EPOCH(123, true, "The epoch is not the share session's next one."),
    FENCED_STATE_EPOCH(124, false, "The share group's state epoch does not match."),
    INVALID_VOTER_KEY(125, false, "The voter key does not match the receiver's."),
    DUPLICATE_VOTER(126, false, "The voter is in the set already."),
    VOTER_NOT_FOUND(127, false, "The voter is not in the set."),
    INVALID_REGULAR_EXPRESSION(128, false, "The regular expression is not valid."),
    REBOOTSTRAP_REQUIRED(129, false, "The client's metadata is outdated: bootstrap again."),
    STREAMS_INVALID_TOPOLOGY(130, false, "The topology is not valid."),
    STREAMS_INVALID_TOPOLOGY_EPOCH(131, false, "The topology epoch is not valid."),
    STREAMS_TOPOLOGY_FENCED(132, false, "The topology epoch is outdated."),
    SHARE_SESSION_LIMIT_REACHED(133, true, "No more share sessions are allowed.");

    private static final int LOWEST = -1;
    private static final ErrorCode[] BY_CODE = byCode();

    private final short code;
    private final boolean retriable;
    private final String text;

    ErrorCode(int code, boolean retriable, String text) {
        this.code = (short) code;
        this.retriable = retriable;
        this.text = text;
    }

    private static ErrorCode[] byCode() {
        var codes = new ErrorCode[values().length];
        for (var error : values()) codes[error.code - LOWEST] = error;
        return codes;
    }

    /// A code that is newer than this program is an unknown error.
    public static ErrorCode of(short code) {
        int index = code - LOWEST;
        return index >= 0 && index < BY_CODE.length ? BY_CODE[index] : UNKNOWN_SERVER_ERROR;
    }

    public short code() {
        return code;
    }

    public boolean retriable() {
        return retriable;
    }

    public String text() {
        return text;
    }
}
