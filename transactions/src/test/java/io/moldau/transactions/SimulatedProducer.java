package io.moldau.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.protocol.ErrorCode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// A client as the official ones behave: one request at a time, sent again until it is answered; a transaction that
/// fails is aborted; who is fenced stops.
final class SimulatedProducer {
    enum Outcome {
        COMMITTED,
        ABORTED,
        /// A commit was asked for, and no answer told what became of it.
        UNKNOWN
    }

    /// What the client knows of one of its transactions.
    static final class Told {
        Outcome outcome = Outcome.ABORTED;
        final List<String> acknowledged = new ArrayList<>();
    }

    private static final Set<ErrorCode> PASSING = EnumSet.of(
            ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
            ErrorCode.COORDINATOR_NOT_AVAILABLE,
            ErrorCode.NOT_COORDINATOR,
            ErrorCode.CONCURRENT_TRANSACTIONS);
    private static final Set<ErrorCode> FENCED = EnumSet.of(
            ErrorCode.PRODUCER_FENCED, ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_PRODUCER_ID_MAPPING);

    private final TransactionsFixture node;
    private final String id;
    private final int number;
    private final boolean ownEpochs;
    private final Consumer<SimulatedProducer> initialised;
    private final Map<String, Told> transactions = new LinkedHashMap<>();
    private final Map<Integer, Integer> sequences = new HashMap<>();
    private final Set<Integer> joined = new HashSet<>();
    private Producer producer = Producer.NONE;
    private String current = "";
    private boolean mustAbort;
    private boolean dead;
    private boolean fenced;
    private boolean bold;
    private int written;
    private int connection;
    private boolean waiting;
    /// The request that was not answered: it is sent again.
    private Runnable again = () -> {};

    private boolean unanswered;

    SimulatedProducer(
            TransactionsFixture node,
            String id,
            int number,
            boolean ownEpochs,
            Consumer<SimulatedProducer> initialised) {
        this.node = node;
        this.id = id;
        this.number = number;
        this.ownEpochs = ownEpochs;
        this.initialised = initialised;
    }

    boolean isDead() {
        return dead;
    }

    /// It was the producer of this name before the other one was. Answers may come late: epochs tell.
    boolean isBefore(SimulatedProducer other) {
        return id.equals(other.id)
                && !producer.isNone()
                && (producer.id() < other.producer.id()
                        || producer.id() == other.producer.id() && producer.epoch() < other.producer.epoch());
    }

    void mayNotSucceed() {
        fenced = true;
    }

    void connectionLost() {
        connection++;
        waiting = false;
    }

    Map<String, Told> transactions() {
        return transactions;
    }

    boolean hasCommitted() {
        return transactions.values().stream().anyMatch(told -> told.outcome == Outcome.COMMITTED);
    }

    @Override
    public String toString() {
        return "producer " + number + " of " + id + (ownEpochs ? " v2 " : " v1 ") + producer + " in " + current
                + (dead ? ", dead" : "") + (waiting ? ", waiting" : "") + (unanswered ? ", unanswered" : "");
    }

    private int luck(int bound) {
        return node.world.randomness().nextInt(bound);
    }

    /// One request, if none is on its way.
    void act() {
        if (waiting || dead) {
            return;
        }
        if (unanswered) {
            again.run();
        } else if (producer.isNone()) {
            send(this::init);
        } else if (current.isEmpty()) {
            current = id + "-" + number + "-" + transactions.size();
            transactions.put(current, new Told());
            mustAbort = false;
            joined.clear();
            if (!ownEpochs && luck(3) == 0) {
                stray();
            }
        } else if (mustAbort || !told().acknowledged.isEmpty() && (bold || luck(4) == 0)) {
            boolean commit = !mustAbort && (bold || luck(4) > 0);
            if (commit) {
                told().outcome = Outcome.UNKNOWN;
            }
            send(() -> end(commit));
        } else {
            int partition = luck(TransactionsFixture.PARTITIONS);
            var value = current + "/" + written++;
            send(() -> write(partition, value));
        }
    }

    /// Writes one record and commits.
    void actWithoutDoubt() {
        bold = true;
        act();
    }

    private Told told() {
        return transactions.getOrDefault(current, new Told());
    }

    private void send(Runnable request) {
        again = request;
        unanswered = true;
        request.run();
    }

    /// Sends a request and takes its answer, unless the connection is lost before.
    private <T> void ask(Supplier<TransactionsFixture.Answer<T>> request, Consumer<T> answered) {
        int ofConnection = connection;
        boolean mayNotSucceed = fenced;
        waiting = true;
        var answer = request.get();
        Runnable look = new Runnable() {
            @Override
            public void run() {
                if (ofConnection != connection) {
                    return;
                }
                if (answer.isGiven()) {
                    waiting = false;
                    wasFenced = mayNotSucceed;
                    answered.accept(answer.get());
                } else {
                    node.world.threads().blocking().execute(this);
                }
            }
        };
        look.run();
    }

    private boolean wasFenced;

    private void succeeded(String what) {
        assertThat(wasFenced)
                .as("%s succeeded with: %s, after it was fenced", this, what)
                .isFalse();
        unanswered = false;
    }

    /// The request failed for good, or stays to be sent again.
    private void failed(ErrorCode error, String what) {
        if (PASSING.contains(error)) {
            return;
        }
        unanswered = false;
        boolean goesOn = error == ErrorCode.TRANSACTION_ABORTABLE
                || error == ErrorCode.INVALID_PRODUCER_EPOCH && ownEpochs && !mustAbort;
        if (goesOn) {
            mustAbort = true;
        } else if (FENCED.contains(error) || error == ErrorCode.INVALID_TXN_STATE && fenced) {
            dead = true;
        } else {
            throw new AssertionError(this + ": " + what + " was answered with " + error);
        }
    }

    private void init() {
        ask(() -> node.init(id, Producer.NONE, (short) 5), answer -> {
            var error = ErrorCode.of(answer.errorCode());
            if (error != ErrorCode.NONE) {
                failed(error, "InitProducerId");
                return;
            }
            succeeded("InitProducerId");
            producer = new Producer(answer.producerId(), answer.producerEpoch());
            sequences.clear();
            initialised.accept(this);
        });
    }

    private void write(int partition, String value) {
        if (!ownEpochs && !joined.contains(partition)) {
            ask(() -> node.add(id, producer, partition), error -> {
                if (error == ErrorCode.NONE) {
                    joined.add(partition);
                    write(partition, value);
                } else {
                    failed(error, "AddPartitionsToTxn");
                }
            });
            return;
        }
        int sequence = sequences.getOrDefault(partition, 0);
        ask(() -> node.produce(id, producer, partition, sequence, value, ownEpochs), error -> {
            if (error != ErrorCode.NONE) {
                failed(error, "Produce");
                return;
            }
            succeeded("Produce");
            sequences.put(partition, sequence + 1);
            told().acknowledged.add(value);
        });
    }

    /// A batch of the transaction before, late: it must not begin one that nobody ends.
    private void stray() {
        int partition = luck(TransactionsFixture.PARTITIONS);
        node.produce(id, producer, partition, sequences.getOrDefault(partition, 0), "stray/" + number, false);
    }

    private void end(boolean commit) {
        ask(() -> node.end(id, producer, commit, ownEpochs ? 5 : 4), answer -> {
            var error = ErrorCode.of(answer.errorCode());
            if (error == ErrorCode.TRANSACTION_ABORTABLE) {
                told().outcome = Outcome.ABORTED;
            }
            if (error != ErrorCode.NONE) {
                failed(error, "EndTxn");
                return;
            }
            succeeded("EndTxn");
            told().outcome = commit ? Outcome.COMMITTED : Outcome.ABORTED;
            if (ownEpochs) {
                producer = new Producer(answer.producerId(), answer.producerEpoch());
                sequences.clear();
            }
            current = "";
        });
    }
}
