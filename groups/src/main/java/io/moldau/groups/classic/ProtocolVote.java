package io.moldau.groups.classic;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/// Which protocol a group uses: of those that all members know, the one most members prefer.
final class ProtocolVote {
    private ProtocolVote() {}

    static String winner(Collection<ClassicMember> members) {
        Set<String> common = new HashSet<>();
        boolean first = true;
        for (var member : members) {
            var names = new HashSet<String>();
            member.protocols.forEach(one -> names.add(one.name()));
            if (first) {
                common.addAll(names);
                first = false;
            } else {
                common.retainAll(names);
            }
        }
        Map<String, Integer> votes = new LinkedHashMap<>();
        for (var member : members) {
            for (var one : member.protocols) {
                if (common.contains(one.name())) {
                    votes.merge(one.name(), 1, Integer::sum);
                    break;
                }
            }
        }
        return votes.entrySet().stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElseThrow(() -> new IllegalStateException("the members have no protocol in common"));
    }
}
