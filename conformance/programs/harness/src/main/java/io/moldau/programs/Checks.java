package io.moldau.programs;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/// One line for each check, as it is made; the exit code tells whether all held.
public final class Checks {
    private static final int SHOWN = 10;

    private int failed;
    private int passed;

    /// What one program's checks do; may throw anything, which is a failed check.
    public interface Part {
        void run(Checks checks) throws Exception;
    }

    /// Runs the parts whose names are given, or all; ends the process with 0 if every check held and 1 if not.
    public static void main(Map<String, Part> parts, String[] names) {
        var checks = new Checks();
        for (var part : parts.entrySet()) {
            if (names.length == 0 || java.util.List.of(names).contains(part.getKey())) {
                checks.part(part.getKey(), part.getValue());
            }
        }
        checks.end();
    }

    private void part(String name, Part part) {
        System.out.println("--- " + name);
        try {
            part.run(this);
        } catch (Throwable failure) {
            failed++;
            System.out.println("FAILED  " + name + " did not come to its end: " + failure);
            failure.printStackTrace(System.out);
        }
        System.out.flush();
    }

    private void end() {
        if (passed == 0 && failed == 0) {
            System.out.println("FAILED  no check was made: no such name");
            failed++;
        }
        System.out.println(passed + " checks held, " + failed + " failed");
        System.out.flush();
        // Clients of some versions leave threads that are no daemons.
        Runtime.getRuntime().halt(failed == 0 ? 0 : 1);
    }

    public void that(boolean holds, String what) {
        if (holds) {
            passed++;
            System.out.println("ok      " + what);
        } else {
            failed++;
            System.out.println("FAILED  " + what);
        }
    }

    public void equal(String what, Object expected, Object actual) {
        boolean same = expected.equals(actual);
        that(same, what + (same ? "" : ": expected " + brief(expected) + ", got " + brief(actual)));
    }

    /// Two tables are the same; if not, the first differences are named.
    public <V> void same(String what, Map<String, V> expected, Map<String, V> actual) {
        var wrong = new TreeMap<String, String>();
        expected.forEach((key, value) -> {
            if (!value.equals(actual.get(key))) {
                wrong.put(key, "expected " + brief(value) + ", got " + brief(actual.get(key)));
            }
        });
        actual.forEach((key, value) -> {
            if (!expected.containsKey(key)) {
                wrong.put(key, "not expected: " + brief(value));
            }
        });
        that(wrong.isEmpty(), what + " (" + expected.size() + " keys)" + (wrong.isEmpty() ? "" : ": " + first(wrong)));
    }

    /// Waits for something that has to become true. An [IllegalStateException] says that it never will; any other
    /// exception, that it is not so yet.
    public static void await(String what, Duration patience, Callable<Boolean> condition) {
        try {
            Awaitility.await()
                    .alias(what)
                    .atMost(patience)
                    .pollInterval(Duration.ofMillis(100))
                    .ignoreExceptionsMatching(failure -> !(failure instanceof IllegalStateException))
                    .until(condition);
        } catch (ConditionTimeoutException late) {
            throw new IllegalStateException("waited " + patience.toSeconds() + " s in vain: " + what, late);
        }
    }

    /// Lets the programs work for a while, so that what comes next hits them in the middle.
    public static void during(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        Awaitility.await().atMost(time.plusSeconds(10)).until(() -> System.nanoTime() >= end);
    }

    private static String first(Map<String, String> wrong) {
        var text = new StringBuilder(wrong.size() + " differ, first ");
        wrong.entrySet().stream().limit(SHOWN).forEach(one -> text.append(one).append("; "));
        return text.toString();
    }

    private static String brief(Object value) {
        if (value instanceof Collection<?> many && many.size() > SHOWN) {
            return many.size() + " of them, " + many.stream().limit(SHOWN).toList() + "...";
        }
        var text = String.valueOf(value);
        return text.length() > 400 ? text.substring(0, 400) + "..." : text;
    }
}
