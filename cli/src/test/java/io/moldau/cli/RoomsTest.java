package io.moldau.cli;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The house as docs/architecture.md draws it.
class RoomsTest {
    /// Which rooms a room may name; what these may name comes with them.
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            Map.entry("environment", List.of()),
            Map.entry("protocol", List.of()),
            Map.entry("records", List.of()),
            Map.entry("storage", List.of("records", "environment")),
            Map.entry("metadata", List.of("protocol", "environment")),
            Map.entry("replication", List.of("storage", "metadata", "records", "environment", "protocol")),
            Map.entry("coordination", List.of("replication")),
            Map.entry("groups", List.of("coordination")),
            Map.entry("transactions", List.of("coordination")),
            Map.entry("shares", List.of("coordination")),
            Map.entry("security", List.of("protocol", "metadata")),
            Map.entry("network", List.of("protocol", "environment")),
            Map.entry("broker", List.of("groups", "transactions", "shares", "security", "network")),
            Map.entry("client", List.of("protocol", "records", "environment")),
            Map.entry("cli", List.of("broker", "client")));

    private static final JavaClasses PROGRAM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.moldau");

    @Test
    void everyRoomIsThere() {
        var rooms = new TreeSet<String>();
        PROGRAM.forEach(each -> rooms.add(room(each)));
        assertThat(rooms).containsExactlyInAnyOrderElementsOf(ARROWS.keySet());
    }

    @Test
    void aRoomNamesOnlyTheRoomsThatItMay() {
        for (var room : ARROWS.keySet()) {
            var allowed = seen(room);
            allowed.add(room);
            var strangers = describe(
                    "rooms other than " + allowed,
                    (JavaClass each) ->
                            each.getPackageName().startsWith("io.moldau.") && !allowed.contains(room(each)));
            noClasses()
                    .that()
                    .resideInAPackage("io.moldau." + room + "..")
                    .should()
                    .dependOnClassesThat(strangers)
                    .check(PROGRAM);
        }
    }

    @Test
    void onlyTheEnvironmentReachesForTheWorld() {
        noClasses()
                .that(areOutsideOf("environment"))
                .should()
                .callMethodWhere(isWorldly())
                .orShould()
                .callConstructorWhere(isWorldly())
                .because("time, threads, files and randomness are handed in, so that the same code runs in simulation")
                .check(PROGRAM);
    }

    /// Kafka's schemas are read when the protocol room is built, and Kafka's classes are what the tests compare with.
    @Test
    void nothingOfKafkasIsInTheProgram() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka..")
                .because("Moldau is a broker and a client of its own")
                .check(PROGRAM);
    }

    @Test
    void socketsBelongToTheNetworkAndTheClient() {
        classes()
                .that(describe(
                        "open sockets or selectors",
                        each -> each.getDirectDependenciesFromSelf().stream()
                                .anyMatch(dependency -> Set.of(
                                                "java.net.Socket",
                                                "java.net.ServerSocket",
                                                "java.nio.channels.SocketChannel",
                                                "java.nio.channels.ServerSocketChannel",
                                                "java.nio.channels.Selector")
                                        .contains(dependency.getTargetClass().getName()))))
                .should()
                .resideInAnyPackage("io.moldau.network..", "io.moldau.client..")
                .check(PROGRAM);
    }

    private static DescribedPredicate<JavaClass> areOutsideOf(String room) {
        return DescribedPredicate.not(resideInAPackage("io.moldau." + room + ".."));
    }

    private static DescribedPredicate<JavaCall<?>> isWorldly() {
        return describe("reaches for the world", call -> {
            var owner = call.getTargetOwner().getName();
            var name = call.getName();
            boolean inCommands = room(call.getOriginOwner()).equals("cli");
            boolean inHook = call.getOriginOwner().getSimpleName().equals("ShutdownHook");
            return switch (owner) {
                case "java.lang.System" -> name.equals("currentTimeMillis") || name.equals("nanoTime");
                case "java.time.Instant", "java.time.LocalDateTime", "java.time.ZonedDateTime" -> name.equals("now");
                case "java.lang.Thread" ->
                    !inHook
                            && Set.of("<init>", "start", "ofPlatform", "ofVirtual", "startVirtualThread", "sleep")
                                    .contains(name);
                case "java.nio.channels.FileChannel" -> name.equals("open");
                case "java.nio.file.Files" -> !inCommands;
                case "java.io.FileInputStream", "java.io.FileOutputStream", "java.io.RandomAccessFile" ->
                    name.equals("<init>");
                case "java.util.Random", "java.security.SecureRandom" -> name.equals("<init>");
                case "java.lang.Math" -> name.equals("random");
                case "java.util.UUID" -> name.equals("randomUUID");
                case "java.util.concurrent.ThreadLocalRandom" -> true;
                case "java.util.concurrent.Executors",
                        "java.util.concurrent.ThreadPoolExecutor",
                        "java.util.concurrent.ScheduledThreadPoolExecutor" -> true;
                default -> false;
            };
        });
    }

    /// All rooms that the room sees, through others too.
    private static Set<String> seen(String room) {
        var seen = new HashSet<String>();
        for (var next : ARROWS.getOrDefault(room, List.of())) {
            seen.add(next);
            seen.addAll(seen(next));
        }
        return seen;
    }

    private static String room(JavaClass each) {
        var parts = each.getPackageName().split("\\.", -1);
        return parts.length > 2 ? parts[2] : "";
    }
}
