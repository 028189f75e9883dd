package io.moldau.programs.streams;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.utils.Utils;

/// Writes the input, and computes from it alone what must come out.
final class Feeder {
    static final int PARTITIONS = 3;
    private static final int CUSTOMERS = 60;
    private static final int PRODUCTS = 50;
    private static final int SUPPLIERS = 8;
    private static final int USERS = 30;
    private static final int WORDS = 200;
    /// Event time that passes with each step.
    private static final long STEP_MS = 1500;

    private final KafkaProducer<String, String> producer;
    private final Random random;
    private final long base;
    private final List<Future<RecordMetadata>> sent = new ArrayList<>();

    private final Map<String, Long> words = new TreeMap<>();
    private final Map<String, Long> windows = new TreeMap<>();
    private final long[] streamTime = new long[PARTITIONS];
    private final Map<String, String> names = new HashMap<>();
    private final List<Event> orders = new ArrayList<>();
    private final List<Event> payments = new ArrayList<>();
    private final Map<String, String> products = new TreeMap<>();
    private final Map<String, String> suppliers = new HashMap<>();
    private int step;
    private int dropped;

    private record Event(String customer, String id, long time) {}

    Feeder(KafkaProducer<String, String> producer, long seed, long base) {
        this.producer = producer;
        this.random = new Random(seed);
        this.base = base;
    }

    private void send(String topic, String key, String value, long time) {
        sent.add(producer.send(new ProducerRecord<>(topic, null, time, key, value)));
    }

    /// All that was sent is acknowledged.
    void settle() throws Exception {
        producer.flush();
        for (var future : sent) {
            future.get();
        }
        sent.clear();
    }

    /// Tables that must be there before the streams that are joined with them.
    void tables() throws Exception {
        for (int i = 0; i < CUSTOMERS; i++) {
            names.put("customer" + i, "name " + i);
            send("customers", "customer" + i, "name " + i, base);
        }
        settle();
    }

    /// Clicks of which some come within the grace and some after it.
    void lateClicks() throws Exception {
        for (int i = 0; i < 600; i++) {
            long time = base + i * 1000L;
            click("user" + random.nextInt(USERS), time);
            if (i > 200 && i % 20 == 0) {
                click("user" + random.nextInt(USERS), time - 20_000);
                click("user" + random.nextInt(USERS), time - 180_000);
            }
        }
        settle();
    }

    private void click(String user, long time) {
        int partition = partition(user);
        streamTime[partition] = Math.max(streamTime[partition], time);
        long start = time - time % Application.WINDOW.toMillis();
        if (start + Application.WINDOW.toMillis() <= streamTime[partition] - Application.GRACE.toMillis()) {
            dropped++;
        } else {
            windows.merge(user + "@" + start, 1L, Long::sum);
        }
        send("clicks", user, "click", time);
    }

    private static int partition(String key) {
        return Utils.toPositive(Utils.murmur2(key.getBytes(StandardCharsets.UTF_8))) % PARTITIONS;
    }

    /// So many steps of everything at a pace; event time moves on, jittering less than the grace.
    void feed(int steps, long pauseMicros) throws Exception {
        for (int i = 0; i < steps; i++) {
            step();
            LockSupport.parkNanos(pauseMicros * 1000);
        }
        settle();
    }

    private void step() {
        long now = base + 700_000 + step * STEP_MS;
        var line = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            // Some words are much more frequent than others.
            var word = "word" + (int) (WORDS * Math.pow(random.nextDouble(), 3));
            words.merge(word, 1L, Long::sum);
            line.append(i == 0 ? "" : " ").append(word);
        }
        send("lines", "line" + step, line.toString(), now);
        click("user" + random.nextInt(USERS), now - random.nextInt(20_000));
        var customer = "customer" + random.nextInt(CUSTOMERS);
        var order = new Event(customer, "order" + step, now);
        orders.add(order);
        send("orders", customer, order.id(), order.time());
        if (random.nextInt(3) > 0) {
            var payment = new Event(customer, "payment" + step, now + random.nextInt(90_000));
            payments.add(payment);
            send("payments", customer, payment.id(), payment.time());
        }
        if (step % 3 == 0) {
            change(now);
        }
        step++;
    }

    private void change(long now) {
        if (random.nextInt(4) == 0) {
            var supplier = "supplier" + random.nextInt(SUPPLIERS);
            suppliers.put(supplier, "place " + step);
            send("suppliers", supplier, "place " + step, now);
            return;
        }
        var product = "product" + random.nextInt(PRODUCTS);
        if (random.nextInt(10) == 0) {
            products.remove(product);
            send("products", product, null, now);
        } else {
            var value = "supplier" + random.nextInt(SUPPLIERS) + "|" + step;
            products.put(product, value);
            send("products", product, value, now);
        }
    }

    /// Moves event time of every partition so far that all windows close.
    void closeWindows() throws Exception {
        var open = new boolean[PARTITIONS];
        for (int i = 0, found = 0; found < PARTITIONS; i++) {
            int partition = partition("closer" + i);
            if (!open[partition]) {
                open[partition] = true;
                found++;
                send("clicks", "closer" + i, "click", base + 700_000 + step * STEP_MS + 600_000);
            }
        }
        settle();
    }

    Map<String, Long> expectedWords() {
        return words;
    }

    Map<String, Long> expectedWindows() {
        return windows;
    }

    int dropped() {
        return dropped;
    }

    Map<String, List<String>> expectedPaidOrders() {
        var paid = new TreeMap<String, List<String>>();
        for (var order : orders) {
            for (var payment : payments) {
                if (order.customer().equals(payment.customer())
                        && Math.abs(order.time() - payment.time()) <= Application.PAID_WITHIN.toMillis()) {
                    paid.computeIfAbsent(order.customer(), key -> new ArrayList<>())
                            .add(order.id() + "+" + payment.id());
                }
            }
        }
        return paid;
    }

    Map<String, List<String>> expectedNamedOrders() {
        var named = new TreeMap<String, List<String>>();
        for (var order : orders) {
            named.computeIfAbsent(order.customer(), key -> new ArrayList<>())
                    .add(order.id() + " of " + names.get(order.customer()));
        }
        return named;
    }

    Map<String, String> expectedProducts() {
        var supplied = new TreeMap<String, String>();
        products.forEach((product, value) -> {
            var supplier = suppliers.get(value.substring(0, value.indexOf('|')));
            if (supplier != null) {
                supplied.put(product, value + " from " + supplier);
            }
        });
        return supplied;
    }
}
