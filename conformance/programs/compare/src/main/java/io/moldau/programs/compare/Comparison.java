package io.moldau.programs.compare;

import io.moldau.programs.Checks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.protocol.ApiMessage;

/// Asks both and compares: every field, but for texts for people and what belongs to one run. Both must have a text, or
/// none; `-Dmoldau.texts=true` shows them.
final class Comparison {
    private static final Pattern TEXT = Pattern.compile("[eE]rrorMessage='(.*?)'(?=[,)])", Pattern.DOTALL);
    private static final List<Pattern> OF_ONE_RUN = List.of(
            Pattern.compile("(?<=port=)\\d+"),
            Pattern.compile("(?<=host=)'[^']*'"),
            Pattern.compile("(?<=(?:topicId|DirectoryId)=)[A-Za-z0-9_-]{22}"),
            Pattern.compile("(?<=(?:logEndOffset|highWatermark|lastFetchTimestamp|lastCaughtUpTimestamp|leaderEpoch)=)\\d+"));

    private final Checks checks;
    private final Wire moldau;
    private final Wire kafka;

    Comparison(Checks checks, Wire moldau, Wire kafka) {
        this.checks = checks;
        this.moldau = moldau;
        this.kafka = kafka;
    }

    Wire moldau() {
        return moldau;
    }

    Wire kafka() {
        return kafka;
    }

    /// Both answer the same.
    void same(String what, ApiMessage request, int version) throws IOException {
        var ours = moldau.ask(request, version).toString();
        var theirs = kafka.ask(request, version).toString();
        show(what, ours, theirs);
        checks.equal(what + " (version " + version + ")", normal(theirs), normal(ours));
    }

    /// Moldau answers differently, for a reason of its own.
    void different(String what, String reason, ApiMessage request, int version) throws IOException {
        var ours = moldau.ask(request, version).toString();
        var theirs = kafka.ask(request, version).toString();
        show(what, ours, theirs);
        checks.that(
                !normal(theirs).equals(normal(ours)),
                what + " (version " + version + ") is different: " + reason + "\n          Kafka   " + normal(theirs)
                        + "\n          Moldau  " + normal(ours));
    }

    private static String normal(String answer) {
        var text = TEXT.matcher(answer).replaceAll("errorMessage=a text");
        for (var pattern : OF_ONE_RUN) {
            text = pattern.matcher(text).replaceAll("*");
        }
        return text;
    }

    private static void show(String what, String ours, String theirs) {
        if (Boolean.getBoolean("moldau.texts")) {
            System.out.println("        " + what + "\n          Kafka   " + texts(theirs) + "\n          Moldau  " + texts(ours));
        }
    }

    private static List<String> texts(String answer) {
        var texts = new ArrayList<String>();
        Matcher matcher = TEXT.matcher(answer);
        while (matcher.find()) {
            texts.add(matcher.group(1));
        }
        return texts;
    }
}
