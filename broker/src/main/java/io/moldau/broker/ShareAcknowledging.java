package io.moldau.broker;

import io.moldau.broker.ShareSession.Key;
import io.moldau.protocol.ErrorCode;
import io.moldau.shares.Acknowledgement;
import io.moldau.shares.SharePartitions.Found;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// What a member says of records it has, in several partitions at once.
///
/// @param renews whether the request may renew locks (KIP-1222)
record ShareAcknowledging(ShareNode node, ShareSession.Id who, boolean renews) {
    /// What a member said of one partition's records.
    record Said(Key key, List<Acknowledgement> batches) {}

    /// @param reason "" if all is well
    record Answer(ErrorCode error, String reason) {
        static final Answer DONE = new Answer(ErrorCode.NONE, "");

        static Answer of(ErrorCode error) {
            return error == ErrorCode.NONE ? DONE : new Answer(error, error.text());
        }
    }

    /// Told once, on any thread, when all is kept, or refused.
    void run(List<Said> said, Consumer<Map<Key, Answer>> done) {
        Gathered.<Said, Answer>each(said, this::one, answers -> {
            var byKey = new LinkedHashMap<Key, Answer>();
            for (int i = 0; i < said.size(); i++) {
                byKey.put(said.get(i).key(), answers.get(i));
            }
            done.accept(byKey);
        });
    }

    private void one(Said said, Consumer<Answer> answer) {
        boolean allowed = renews && node.rules().of(who.group()).renew();
        var problem = said.batches().stream()
                .map(batch -> batch.problem(allowed))
                .flatMap(Optional::stream)
                .findFirst();
        if (problem.isPresent()) {
            answer.accept(new Answer(ErrorCode.INVALID_REQUEST, problem.get()));
            return;
        }
        node.find(who.group(), said.key(), found -> {
            switch (found) {
                case Found.Refused(var error, var reason) -> answer.accept(new Answer(error, reason));
                case Found.Here(var partition) ->
                    partition.acknowledge(who.member(), said.batches(), error -> answer.accept(Answer.of(error)));
            }
        });
    }
}
