package io.moldau.programs.compare;

import io.moldau.programs.Checks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.protocol.ApiMessage;

/// Asks both and compares every field, but for what belongs to one run (ids, ports, times, the order of what has
/// none, how far epochs have come) and texts for people; `-Dmoldau.texts=true` shows those.
final class Comparison {
    private static final Pattern TEXT = Pattern.compile("[eE]rrorMessage=(?:null|'(.*?)'(?=[,)]))", Pattern.DOTALL);
    private static final List<Pattern> OF_ONE_RUN = List.of(
            Pattern.compile("(?<=port=)\\d+"),
            Pattern.compile("(?<=host=)'[^']*'"),
            Pattern.compile("(?<=(?:topicId|DirectoryId)=)[A-Za-z0-9_-]{22}"),
            Pattern.compile(
                    "(?<=(?:logEndOffset|highWatermark|lastFetchTimestamp|lastCaughtUpTimestamp|leaderEpoch|memberEpoch|"
                            + "groupEpoch|assignmentEpoch)=)\\d+"));

    private final Checks checks;
    private final Wire moldau;
    private final Wire kafka;

    Comparison(Checks checks, Wire moldau, Wire kafka) {
        this.checks = checks;
        this.moldau = moldau;
        this.kafka = kafka;
    }

    List<Wire> all() {
        return List.of(moldau, kafka);
    }

    /// Both answer the same.
    void same(String what, ApiMessage request, int version) throws IOException {
        var ours = moldau.ask(request, version);
        var theirs = kafka.ask(request, version);
        show(what, ours, theirs);
        checks.equal(what + " (version " + version + ")", normal(theirs), normal(ours));
    }

    /// Moldau answers differently, for a reason of its own.
    void different(String what, String reason, ApiMessage request, int version) throws IOException {
        var ours = moldau.ask(request, version);
        var theirs = kafka.ask(request, version);
        show(what, ours, theirs);
        checks.that(
                !normal(theirs).equals(normal(ours)),
                what + " (version " + version + ") is different: " + reason + "\n          Kafka   " + normal(theirs)
                        + "\n          Moldau  " + normal(ours));
    }

    private static String normal(ApiMessage answer) {
        var text = TEXT.matcher(ordered(answer).toString()).replaceAll("errorMessage=*");
        for (var pattern : OF_ONE_RUN) {
            text = pattern.matcher(text).replaceAll("*");
        }
        return text;
    }

    /// With what has no order in a fixed one.
    private static ApiMessage ordered(ApiMessage answer) {
        if (answer instanceof ListConfigResourcesResponseData resources) {
            resources
                    .configResources()
                    .sort(Comparator.comparing(ListConfigResourcesResponseData.ConfigResource::resourceType)
                            .thenComparing(ListConfigResourcesResponseData.ConfigResource::resourceName));
        } else if (answer instanceof ElectLeadersResponseData elections) {
            elections
                    .replicaElectionResults()
                    .sort(Comparator.comparing(ElectLeadersResponseData.ReplicaElectionResult::topic));
        } else if (answer instanceof ConsumerGroupDescribeResponseData groups) {
            groups.groups().sort(Comparator.comparing(ConsumerGroupDescribeResponseData.DescribedGroup::groupId));
        } else if (answer instanceof StreamsGroupDescribeResponseData groups) {
            groups.groups()
                    .forEach(group -> group.members()
                            .sort(Comparator.comparing(StreamsGroupDescribeResponseData.Member::memberId)));
        }
        return answer;
    }

    private static void show(String what, ApiMessage ours, ApiMessage theirs) {
        if (Boolean.getBoolean("moldau.texts")) {
            System.out.println(
                    "        " + what + "\n          Kafka   " + texts(theirs) + "\n          Moldau  " + texts(ours));
        }
    }

    private static List<String> texts(ApiMessage answer) {
        var texts = new ArrayList<String>();
        var matcher = TEXT.matcher(answer.toString());
        while (matcher.find()) {
            texts.add(String.valueOf(matcher.group(1)));
        }
        return texts;
    }
}
