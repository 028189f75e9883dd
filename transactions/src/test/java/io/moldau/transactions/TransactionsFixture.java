package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.environment.DecisionJournal;
import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.PartitionImage;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.Uuid;
import io.moldau.protocol.message.DescribeTransactionsResponse;
import io.moldau.protocol.message.EndTxnRequest;
import io.moldau.protocol.message.EndTxnResponse;
import io.moldau.protocol.message.InitProducerIdRequest;
import io.moldau.protocol.message.InitProducerIdResponse;
import io.moldau.protocol.message.ListTransactionsRequest;
import io.moldau.protocol.message.ListTransactionsResponse;
import io.moldau.records.BatchBuilder;
import io.moldau.records.Compression;
import io.moldau.replication.AppendOutcome;
import io.moldau.replication.Partition;
import io.moldau.replication.Partitions;
import io.moldau.replication.TransactionMarker;
import io.moldau.storage.AppendOrigin;
import io.moldau.storage.Durability;
import io.moldau.storage.LogDirectories;
import io.moldau.storage.LogDirectorySettings;
import io.moldau.storage.LogSettings;
import io.moldau.storage.PartitionId;
import io.moldau.storage.ProducerView;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// A node with transactions, on a simulated machine that can be killed and started again.
final class TransactionsFixture {
    static final String TOPIC = "orders";
    static final int PARTITIONS = 4;
    static final int TIMEOUT_MS = 1_000;
    private static final Path DATA = Path.of("/data");
    private static final Uuid STATE_ID = new Uuid(7, 7);
    private static final Uuid TOPIC_ID = new Uuid(8, 8);

    /// What was answered, at most once.
    static final class Answer<T> implements Consumer<T> {
        private final List<T> given = new ArrayList<>();

        @Override
        public void accept(T answer) {
            assertThat(given).as("answered twice").isEmpty();
            given.add(answer);
        }

        boolean isGiven() {
            return !given.isEmpty();
        }

        T get() {
            assertThat(given).as("one answer").hasSize(1);
            return given.getFirst();
        }
    }

    final SimulatedWorld world;
    final DecisionJournal journal;
    /// Partitions that have no topic any more, as the coordinator is told.
    final Set<PartitionId> deleted = new HashSet<>();
    /// Partitions that refuse markers for now.
    final Set<PartitionId> refusing = new HashSet<>();

    private final TransactionSettings settings;
    private final MetadataImage image;
    private long nextProducerId = 1000;
    private LogDirectories directories;
    private Partitions partitions;
    private TransactionCoordinator coordinator;
    private HangingTransactions hanging;
    private int strays;

    TransactionsFixture(long seed) throws IOException {
        this(seed, new TransactionSettings(60_000, 200, 100_000, 1_000));
    }

    TransactionsFixture(long seed, TransactionSettings settings) throws IOException {
        this.world = SimulatedWorld.of(seed);
        this.settings = settings;
        var records = new ArrayList<MetadataRecord>();
        records.add(new MetadataRecord.TopicCreated(TransactionCoordinator.TOPIC, STATE_ID));
        records.add(new MetadataRecord.PartitionChanged(STATE_ID, partition(0)));
        records.add(new MetadataRecord.PartitionChanged(STATE_ID, partition(1)));
        records.add(new MetadataRecord.TopicCreated(TOPIC, TOPIC_ID));
        for (int index = 0; index < PARTITIONS; index++) {
            records.add(new MetadataRecord.PartitionChanged(TOPIC_ID, partition(index)));
        }
        this.image = MetadataImage.EMPTY.replay(records);
        directories = openDirectories();
        partitions = newPartitions(directories);
        journal = new DecisionJournal(world.environment().clock());
        coordinator = newCoordinator();
        hanging = newHanging();
        open();
    }

    private static PartitionImage partition(int index) {
        return new PartitionImage(index, List.of(0), List.of(0), 0, 0, 0);
    }

    private LogDirectories openDirectories() throws IOException {
        return LogDirectories.open(world.environment(), List.of(DATA), LogDirectorySettings.DEFAULTS);
    }

    private static Partitions newPartitions(LogDirectories directories) {
        return new Partitions(directories, (all, topic) -> LogSettings.of(it -> it.durability(Durability.DISK)));
    }

    private TransactionCoordinator newCoordinator() {
        return new TransactionCoordinator(
                world.environment(),
                settings,
                this::writeMarker,
                () -> CompletableFuture.completedFuture(nextProducerId++),
                () -> 2,
                journal);
    }

    private HangingTransactions newHanging() {
        return new HangingTransactions(
                world.environment(),
                coordinator,
                this::writeMarker,
                () -> partitions.all().stream()
                        .flatMap(partition -> openIn(partition).stream()
                                .map(producer -> new HangingTransactions.Open(partition.id(), producer)))
                        .toList(),
                journal);
    }

    static List<ProducerView> openIn(Partition partition) {
        try {
            return partition.log().transactions().open();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void open() {
        partitions.listen(coordinator);
        partitions.open(image);
    }

    private void writeMarker(PartitionId id, TransactionMarker marker, Consumer<ErrorCode> done) {
        if (deleted.contains(id)) {
            done.accept(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        } else if (refusing.contains(id)) {
            done.accept(ErrorCode.KAFKA_STORAGE_ERROR);
        } else {
            partitions
                    .partition(id.topic(), id.partition())
                    .ifPresentOrElse(
                            partition -> partition.endTransaction(marker, outcome -> done.accept(errorOf(outcome))),
                            () -> done.accept(ErrorCode.NOT_LEADER_OR_FOLLOWER));
        }
    }

    private static ErrorCode errorOf(AppendOutcome outcome) {
        return outcome instanceof AppendOutcome.Refused(var error, var reason, var records) ? error : ErrorCode.NONE;
    }

    /// `kill -9`, and a new process on the same disk; or, with `power`, a power cut.
    void restart(boolean power) throws IOException {
        if (power) {
            world.powerCut();
        } else {
            world.kill();
        }
        startAgain();
    }

    /// A clean stop, and a new process on the same disk: the logs are at rest then.
    void stopAndStart() throws IOException {
        directories.close();
        world.kill();
        startAgain();
    }

    private void startAgain() throws IOException {
        directories = openDirectories();
        partitions = newPartitions(directories);
        coordinator = newCoordinator();
        hanging = newHanging();
        open();
    }

    /// Lets everything happen that can happen now.
    void settle() {
        world.threads().runAll();
    }

    /// Lets time pass, in small steps.
    void pass(long ms) {
        for (long left = ms; left > 0; left -= 50) {
            world.timers().advance(Math.min(50, left));
            settle();
        }
    }

    TransactionsApi api() {
        return new TransactionsApi(coordinator);
    }

    Partition partitionOf(int index) {
        return partitions.partition(TOPIC, index).orElseThrow();
    }

    static PartitionId id(int index) {
        return new PartitionId(TOPIC, index);
    }

    Answer<InitProducerIdResponse> init(String id, Producer expected, short version) {
        var answer = new Answer<InitProducerIdResponse>();
        api().initialise(
                        InitProducerIdRequest.builder()
                                .transactionalId(id)
                                .transactionTimeoutMs(TIMEOUT_MS)
                                .producerId(expected.id())
                                .producerEpoch(expected.epoch())
                                .build(),
                        version,
                        answer);
        return answer;
    }

    /// A producer that is the only one of its transactional id; fails if that is refused.
    Producer initialised(String id) {
        var answer = init(id, Producer.NONE, (short) 5);
        settle();
        assertThat(ErrorCode.of(answer.get().errorCode())).isEqualTo(ErrorCode.NONE);
        return new Producer(answer.get().producerId(), answer.get().producerEpoch());
    }

    Answer<ErrorCode> add(String id, Producer producer, int partition) {
        var answer = new Answer<ErrorCode>();
        api().add(id, producer, Set.of(id(partition)), (short) 0, answer);
        return answer;
    }

    Answer<EndTxnResponse> end(String id, Producer producer, boolean commit, int version) {
        var answer = new Answer<EndTxnResponse>();
        api().end(
                        EndTxnRequest.builder()
                                .transactionalId(id)
                                .producerId(producer.id())
                                .producerEpoch(producer.epoch())
                                .committed(commit)
                                .build(),
                        (short) version,
                        answer);
        return answer;
    }

    ErrorCode ended(String id, Producer producer, boolean commit, int version) {
        var answer = end(id, producer, commit, version);
        settle();
        return ErrorCode.of(answer.get().errorCode());
    }

    /// As a broker does it: admission, then the append.
    Answer<ErrorCode> produce(String id, Producer producer, int index, int sequence, String value, boolean joins) {
        var answer = new Answer<ErrorCode>();
        var partition = partitionOf(index);
        var batch = batch(producer, sequence, value);
        Runnable append =
                () -> partition.append(batch, AppendOrigin.CLIENT, true, outcome -> answer.accept(errorOf(outcome)));
        if (joins && partition.inTransaction(producer.id(), producer.epoch())) {
            append.run();
        } else {
            api().admit(id, producer, id(index), joins, error -> {
                if (error == ErrorCode.NONE) {
                    append.run();
                } else {
                    answer.accept(error);
                }
            });
        }
        return answer;
    }

    /// A batch of a transaction that nobody was asked about.
    void unasked(Producer producer, int index, int sequence, String value) {
        partitionOf(index).append(batch(producer, sequence, value), AppendOrigin.CLIENT, true, outcome -> {});
    }

    /// The same of a producer that no transactional id ever had.
    void stray(int index) {
        unasked(new Producer(1_000_000 + strays, (short) 0), index, 0, "stray/" + strays++);
    }

    /// Looks for hanging transactions.
    void look() {
        hanging.look();
    }

    private ByteBuffer batch(Producer producer, int sequence, String value) {
        return new BatchBuilder(Compression.NONE)
                .producer(producer.id(), producer.epoch(), sequence)
                .transactional()
                .append(world.clock().wallMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .build();
    }

    DescribeTransactionsResponse.TransactionState described(String id) {
        var answer = new Answer<DescribeTransactionsResponse.TransactionState>();
        new TransactionQueries(coordinator).describe(id, answer);
        settle();
        return answer.get();
    }

    ListTransactionsResponse listed(ListTransactionsRequest request) {
        var answer = new Answer<ListTransactionsResponse>();
        new TransactionQueries(coordinator).list(request, answer);
        settle();
        return answer.get();
    }

    List<String> ids(ListTransactionsRequest request) {
        return listed(request).transactionStates().stream()
                .map(ListTransactionsResponse.TransactionState::transactionalId)
                .toList();
    }
}
