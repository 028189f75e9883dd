package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.AlterUserScramCredentialsRequest;
import io.moldau.protocol.message.AlterUserScramCredentialsResponse;
import io.moldau.protocol.message.AlterUserScramCredentialsResponse.AlterUserScramCredentialsResult;
import io.moldau.protocol.message.DescribeUserScramCredentialsRequest;
import io.moldau.protocol.message.DescribeUserScramCredentialsRequest.UserName;
import io.moldau.protocol.message.DescribeUserScramCredentialsResponse;
import io.moldau.protocol.message.DescribeUserScramCredentialsResponse.CredentialInfo;
import io.moldau.protocol.message.DescribeUserScramCredentialsResponse.DescribeUserScramCredentialsResult;
import io.moldau.security.Refusal;
import io.moldau.security.scram.ScramDecisions;
import io.moldau.security.scram.ScramDecisions.Described;
import io.moldau.security.scram.ScramDecisions.Removal;
import io.moldau.security.scram.ScramDecisions.Storing;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// DescribeUserScramCredentials (key 50) and AlterUserScramCredentials (key 51), versions 0 (KIP-554).
/// Left out: nobody has to prove anything by them yet.
final class ScramHandlers {
    private final NodeContext context;

    ScramHandlers(NodeContext context) {
        this.context = context;
    }

    void register(ApiTable table) {
        table.with(ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS, DescribeUserScramCredentialsRequest.class, this::describe);
        table.with(ApiKey.ALTER_USER_SCRAM_CREDENTIALS, AlterUserScramCredentialsRequest.class, this::alter);
    }

    private void describe(DescribeUserScramCredentialsRequest request, Call call) {
        var asked = request.users();
        List<String> users =
                asked == null ? List.of() : asked.stream().map(UserName::name).toList();
        call.answer(DescribeUserScramCredentialsResponse.builder()
                .results(ScramDecisions.describe(context.image(), users).entrySet().stream()
                        .map(ScramHandlers::described)
                        .toList())
                .build());
    }

    private static DescribeUserScramCredentialsResult described(Map.Entry<String, Described> one) {
        var result = DescribeUserScramCredentialsResult.builder().user(one.getKey());
        switch (one.getValue()) {
            case Described.Credentials(var iterations) ->
                result.credentialInfos(iterations.entrySet().stream()
                        .map(credential -> CredentialInfo.builder()
                                .mechanism(credential.getKey().code())
                                .iterations(credential.getValue())
                                .build())
                        .toList());
            case Described.Refused(var refusal) ->
                result.errorCode(refusal.error().code()).errorMessage(refusal.reason());
        }
        return result.build();
    }

    private void alter(AlterUserScramCredentialsRequest request, Call call) {
        var removals = request.deletions().stream()
                .map(one -> new Removal(one.name(), one.mechanism()))
                .toList();
        var storings = request.upsertions().stream()
                .map(one -> new Storing(
                        one.name(), one.mechanism(), one.iterations(), bytes(one.salt()), bytes(one.saltedPassword())))
                .toList();
        context.controller()
                .decide(image -> ScramDecisions.alter(image, removals, storings))
                .whenComplete((outcomes, failure) -> {
                    if (failure != null) {
                        call.fail(failure);
                        return;
                    }
                    call.answer(AlterUserScramCredentialsResponse.builder()
                            .results(outcomes.entrySet().stream()
                                    .map(ScramHandlers::altered)
                                    .toList())
                            .build());
                });
    }

    private static AlterUserScramCredentialsResult altered(Map.Entry<String, Optional<Refusal>> one) {
        var refusal = one.getValue();
        return AlterUserScramCredentialsResult.builder()
                .user(one.getKey())
                .errorCode(refusal.map(Refusal::error).orElse(ErrorCode.NONE).code())
                .errorMessage(refusal.map(Refusal::reason).orElse(null))
                .build();
    }

    private static byte[] bytes(ByteBuffer from) {
        var bytes = new byte[from.remaining()];
        from.get(from.position(), bytes);
        return bytes;
    }
}
