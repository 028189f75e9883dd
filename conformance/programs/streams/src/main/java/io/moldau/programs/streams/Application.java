package io.moldau.programs.streams;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.JoinWindows;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.StreamJoined;
import org.apache.kafka.streams.kstream.Suppressed;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.QueryableStoreTypes;

/// An application with one of everything, written as the documentation of Kafka Streams has it. Answers questions by
/// HTTP: `/running`, `/where?WORD` (which instance has it) and `/count?WORD`.
public final class Application {
    static final Duration WINDOW = Duration.ofMinutes(1);
    static final Duration GRACE = Duration.ofSeconds(30);
    static final Duration PAID_WITHIN = Duration.ofSeconds(60);
    static final String COUNTS = "counts";
    static final String ID = "application";

    private Application() {}

    public static void main(String[] arguments) throws Exception {
        var bootstrap = arguments[0];
        var guarantee = arguments[1];
        var state = arguments[2];
        int port = Integer.parseInt(arguments[3]);
        var settings = settings(bootstrap, guarantee, state, port);
        if (arguments[4].equals("streams")) {
            settings.put(StreamsConfig.GROUP_PROTOCOL_CONFIG, "streams");
        } else {
            settings.put("session.timeout.ms", 6000);
        }
        var streams = new KafkaStreams(topology(), settings);
        var ended = new CountDownLatch(1);
        streams.setUncaughtExceptionHandler(failure -> {
            failure.printStackTrace();
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse
                    .SHUTDOWN_CLIENT;
        });
        streams.setStateListener((now, before) -> {
            System.out.println("state " + now);
            if (now == KafkaStreams.State.ERROR) {
                ended.countDown();
            }
        });
        answer(streams, port);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(30))));
        streams.start();
        ended.await();
        Runtime.getRuntime().halt(2);
    }

    private static Properties settings(String bootstrap, String guarantee, String state, int port) {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, ID);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, state);
        settings.put(StreamsConfig.APPLICATION_SERVER_CONFIG, "127.0.0.1:" + port);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        // Every update of a count is seen, so that "exactly once" can be read off the output.
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, guarantee.equals("at_least_once") ? 1000 : 100);
        settings.put("auto.offset.reset", "earliest");
        return settings;
    }

    static Topology topology() {
        var builder = new StreamsBuilder();
        wordCount(builder);
        windows(builder);
        ordersAndPayments(builder);
        productsAndSuppliers(builder);
        return builder.build();
    }

    private static void wordCount(StreamsBuilder builder) {
        builder.<String, String>stream("lines")
                .flatMapValues(line -> Arrays.asList(line.split(" ")))
                .groupBy((key, word) -> word, Grouped.as("words"))
                .count(Materialized.as(COUNTS))
                .toStream()
                .mapValues(String::valueOf)
                .to("word-counts");
    }

    private static void windows(StreamsBuilder builder) {
        builder.<String, String>stream("clicks")
                .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
                .windowedBy(TimeWindows.ofSizeAndGrace(WINDOW, GRACE))
                .count()
                .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
                .toStream()
                .map((window, count) ->
                        KeyValue.pair(window.key() + "@" + window.window().start(), String.valueOf(count)))
                .to("click-windows");
    }

    private static void ordersAndPayments(StreamsBuilder builder) {
        var customers = builder.<String, String>table("customers");
        var orders = builder.<String, String>stream("orders");
        var payments = builder.<String, String>stream("payments");
        orders.join(
                        payments,
                        (order, payment) -> order + "+" + payment,
                        JoinWindows.ofTimeDifferenceAndGrace(PAID_WITHIN, Duration.ofHours(12)),
                        StreamJoined.with(Serdes.String(), Serdes.String(), Serdes.String()))
                .to("paid-orders");
        orders.join(customers, (order, name) -> order + " of " + name, Joined.as("named"))
                .to("named-orders");
    }

    private static void productsAndSuppliers(StreamsBuilder builder) {
        var suppliers = builder.table("suppliers", Consumed.with(Serdes.String(), Serdes.String()));
        builder.<String, String>table("products")
                .join(
                        suppliers,
                        product -> product.substring(0, product.indexOf('|')),
                        (product, supplier) -> product + " from " + supplier)
                .toStream()
                .to("supplied-products", Produced.with(Serdes.String(), Serdes.String()));
    }

    private static void answer(KafkaStreams streams, int port) throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 16);
        server.setExecutor(Executors.newSingleThreadExecutor(task -> {
            var thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        }));
        server.createContext("/", exchange -> {
            String text;
            try {
                text = answerTo(
                        streams,
                        exchange.getRequestURI().getPath(),
                        exchange.getRequestURI().getQuery());
            } catch (RuntimeException notNow) {
                text = "not now: " + notNow;
            }
            var bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    private static String answerTo(KafkaStreams streams, String path, String word) {
        return switch (path) {
            case "/running" ->
                streams.state() == KafkaStreams.State.RUNNING
                                && streams.metadataForLocalThreads().stream()
                                        .anyMatch(
                                                thread -> !thread.activeTasks().isEmpty())
                        ? "yes"
                        : "no";
            case "/where" -> {
                var host = streams.queryMetadataForKey(
                                COUNTS, word, Serdes.String().serializer())
                        .activeHost();
                yield host.host() + ":" + host.port();
            }
            case "/count" ->
                String.valueOf(streams.store(StoreQueryParameters.fromNameAndType(
                                COUNTS, QueryableStoreTypes.<String, Long>keyValueStore()))
                        .get(word));
            default -> "unknown: " + path;
        };
    }
}
