package io.moldau.programs.streams;

import io.moldau.programs.Checks;
import io.moldau.programs.Moldau;
import io.moldau.programs.Program;
import io.moldau.programs.Topics;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;

/// Two instances of [Application]; each, and the node, is killed while they work.
public final class StreamsChecks {
    private static final long SEED = Long.getLong("moldau.seed", 20261121);
    private static final Duration PATIENCE = Duration.ofSeconds(180);
    private static final String[] INPUTS = {
        "lines", "clicks", "orders", "payments", "customers", "products", "suppliers"
    };
    private static final String[] OUTPUTS = {
        "word-counts", "click-windows", "paid-orders", "named-orders", "supplied-products"
    };

    private final Checks checks;
    private final String protocol;
    private final boolean exactlyOnce;
    private final HttpClient http = HttpClient.newHttpClient();

    private StreamsChecks(Checks checks, String protocol, boolean exactlyOnce) {
        this.checks = checks;
        this.protocol = protocol;
        this.exactlyOnce = exactlyOnce;
    }

    public static void main(String[] names) {
        var parts = new LinkedHashMap<String, Checks.Part>();
        parts.put("at_least_once", checks -> new StreamsChecks(checks, "classic", false).run("at_least_once"));
        parts.put("exactly_once_v2", checks -> new StreamsChecks(checks, "classic", true).run("exactly_once_v2"));
        // The same in groups of the streams protocol (KIP-1071), where a killed instance is missed after 45 seconds.
        parts.put("at_least_once_streams", checks -> new StreamsChecks(checks, "streams", false).run("at_least_once"));
        parts.put(
                "exactly_once_v2_streams", checks -> new StreamsChecks(checks, "streams", true).run("exactly_once_v2"));
        Checks.main(parts, names);
    }

    private void run(String guarantee) throws Exception {
        try (var node = Moldau.start();
                var admin = Admin.create(Map.of("bootstrap.servers", node.bootstrap()));
                var producer = Topics.producer(node.bootstrap())) {
            Topics.create(node.bootstrap(), Feeder.PARTITIONS, INPUTS);
            Topics.create(node.bootstrap(), Feeder.PARTITIONS, OUTPUTS);
            int firstPort = Program.freePort();
            int secondPort = Program.freePort();
            try (var first = instance(node, guarantee, "first", firstPort);
                    var second = instance(node, guarantee, "second", secondPort)) {
                Checks.await("both instances work", PATIENCE, () -> running(firstPort) && running(secondPort));
                long hour = Duration.ofHours(1).toMillis();
                long base = System.currentTimeMillis() / hour * hour - 6 * hour;
                var feeder = new Feeder(producer, SEED, base);
                feeder.tables();
                feeder.lateClicks();
                Checks.await("the quiet part is read", PATIENCE, () -> {
                    alive(first, second);
                    return Topics.lag(admin, Application.ID, INPUTS) == 0;
                });
                kills(node, first, second, feeder);
                Checks.await("both instances work again", PATIENCE, () -> running(firstPort) && running(secondPort));
                feeder.closeWindows();
                Checks.await("all is read", PATIENCE, () -> {
                    alive(first, second);
                    return Topics.lag(admin, Application.ID, INPUTS) == 0;
                });
                compare(node, feeder);
                query(feeder, firstPort, secondPort);
                checks.equal("the kind of group", protocol, kind(admin));
                checks.that(first.stop(Duration.ofSeconds(60)), "the first instance ends when asked to");
                checks.that(second.stop(Duration.ofSeconds(60)), "the second instance ends when asked to");
            }
        }
    }

    private static String kind(Admin admin) throws Exception {
        for (var group : admin.listGroups().all().get()) {
            if (group.groupId().equals(Application.ID)) {
                return group.type()
                        .map(type -> type.toString().toLowerCase(Locale.ROOT))
                        .orElse("unknown");
            }
        }
        return "none";
    }

    private static void alive(Program... instances) {
        for (var instance : instances) {
            if (!instance.alive()) {
                throw new IllegalStateException("an instance gave up: " + instance.output());
            }
        }
    }

    private Program instance(Moldau node, String guarantee, String name, int port) throws Exception {
        return Program.java(
                node.directory().resolve(name + ".log"),
                List.of("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
                Application.class.getName(),
                node.bootstrap(),
                guarantee,
                node.directory().resolve(name).toString(),
                Integer.toString(port),
                protocol);
    }

    /// Everything is killed once, the node twice, while the input comes.
    private static void kills(Moldau node, Program first, Program second, Feeder feeder) throws Exception {
        var feeding = CompletableFuture.runAsync(() -> {
            try {
                feeder.feed(4000, 8000);
            } catch (Exception failure) {
                throw new IllegalStateException("the input was not accepted", failure);
            }
        });
        Checks.during(Duration.ofSeconds(6));
        first.kill();
        Checks.during(Duration.ofSeconds(2));
        first.startAgain();
        Checks.during(Duration.ofSeconds(6));
        node.killAndRestart(Duration.ofSeconds(1));
        Checks.during(Duration.ofSeconds(8));
        second.kill();
        second.startAgain();
        Checks.during(Duration.ofSeconds(4));
        node.killAndRestart(Duration.ofMillis(1));
        feeding.get();
        alive(first, second);
    }

    private void compare(Moldau node, Feeder feeder) throws Exception {
        var expected = new TreeMap<String, List<String>>();
        feeder.expectedWords().forEach((word, count) -> {
            var counts = new ArrayList<String>();
            for (long i = 1; i <= count; i++) {
                counts.add(Long.toString(i));
            }
            expected.put(word, counts);
        });
        int total = expected.values().stream().mapToInt(List::size).sum();
        Checks.await(
                "all words are counted",
                PATIENCE,
                () -> read(node, "word-counts").size() >= total);
        var windows = feeder.expectedWindows();
        Checks.await(
                "all windows closed",
                PATIENCE,
                () -> Topics.byKey(read(node, "click-windows")).keySet().containsAll(windows.keySet()));
        // What would be there twice comes within this time.
        Checks.during(Duration.ofSeconds(3));
        checks.that(feeder.dropped() > 0, feeder.dropped() + " clicks came after the grace");
        var counts = Topics.byKey(read(node, "word-counts"));
        var closed = Topics.byKey(read(node, "click-windows"));
        var paid = Topics.byKey(read(node, "paid-orders"));
        var named = Topics.byKey(read(node, "named-orders"));
        if (exactlyOnce) {
            checks.same("word count: every update of every word, once and in order", expected, counts);
            var once = new TreeMap<String, List<String>>();
            windows.forEach((window, count) -> once.put(window, List.of(Long.toString(count))));
            checks.same("windows with grace, suppressed until closed: one answer each", once, closed);
            checks.same("stream-stream join: every pair once", sorted(feeder.expectedPaidOrders()), sorted(paid));
            checks.same("stream-table join: every order once, in order", feeder.expectedNamedOrders(), named);
        } else {
            checks.same("word count: nothing is missing", Map.of(), missing(feeder.expectedWords(), counts));
            checks.same(
                    "windows with grace, suppressed until closed: nothing is missing",
                    Map.of(),
                    missing(windows, closed));
            checks.same(
                    "stream-stream join: every pair, none that is wrong",
                    distinct(feeder.expectedPaidOrders()),
                    distinct(paid));
            checks.same(
                    "stream-table join: every order, none that is wrong",
                    distinct(feeder.expectedNamedOrders()),
                    distinct(named));
        }
        Checks.await(
                "the foreign-key join settles",
                PATIENCE,
                () -> feeder.expectedProducts().equals(new TreeMap<>(Topics.table(read(node, "supplied-products")))));
        checks.same(
                "foreign-key join: the table is right in the end",
                feeder.expectedProducts(),
                Topics.table(read(node, "supplied-products")));
    }

    private List<org.apache.kafka.clients.consumer.ConsumerRecord<String, String>> read(Moldau node, String topic) {
        return Topics.read(node.bootstrap(), topic, true);
    }

    /// The keys that are wrong: not there, not expected, or counted less often than they should be.
    private static Map<String, String> missing(Map<String, Long> expected, Map<String, List<String>> actual) {
        var wrong = new TreeMap<String, String>();
        actual.keySet().stream()
                .filter(key -> !expected.containsKey(key))
                .forEach(key -> wrong.put(key, "counted " + actual.get(key)));
        expected.forEach((key, count) -> {
            var counts = actual.getOrDefault(key, List.of("0"));
            // A record that is processed again after its window was closed and forgotten begins a window anew.
            if (counts.stream().mapToLong(Long::parseLong).max().orElseThrow() < count) {
                wrong.put(key, "counted " + counts + " in place of " + count);
            }
        });
        return wrong;
    }

    private static Map<String, List<String>> sorted(Map<String, List<String>> lists) {
        var sorted = new TreeMap<String, List<String>>();
        lists.forEach((key, values) -> sorted.put(key, values.stream().sorted().toList()));
        return sorted;
    }

    private static Map<String, List<String>> distinct(Map<String, List<String>> lists) {
        var sets = new TreeMap<String, List<String>>();
        lists.forEach((key, values) -> sets.put(key, List.copyOf(new TreeSet<>(values))));
        return sets;
    }

    private void query(Feeder feeder, int... ports) throws Exception {
        int right = 0;
        var places = new TreeSet<String>();
        for (var one : feeder.expectedWords().entrySet()) {
            var place = ask("127.0.0.1:" + ports[0], "/where?" + one.getKey());
            places.add(place);
            var count = Long.parseLong(ask(place, "/count?" + one.getKey()));
            if (exactlyOnce ? count == one.getValue() : count >= one.getValue()) {
                right++;
            }
        }
        checks.equal(
                "interactive query: every word, at the instance that has it",
                feeder.expectedWords().size(),
                right);
        checks.that(places.size() == ports.length, "both instances have some of the words");
    }

    private boolean running(int port) throws Exception {
        return ask("127.0.0.1:" + port, "/running").equals("yes");
    }

    private String ask(String place, String question) throws Exception {
        var request = HttpRequest.newBuilder(URI.create("http://" + place + question))
                .timeout(Duration.ofSeconds(10))
                .build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
}
