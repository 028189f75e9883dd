package io.moldau.broker;

import io.moldau.protocol.ApiKey;
import io.moldau.protocol.ErrorCode;
import io.moldau.protocol.message.CreateAclsRequest;
import io.moldau.protocol.message.CreateAclsResponse;
import io.moldau.protocol.message.CreateAclsResponse.AclCreationResult;
import io.moldau.protocol.message.CreateDelegationTokenRequest;
import io.moldau.protocol.message.CreateDelegationTokenResponse;
import io.moldau.protocol.message.DeleteAclsRequest;
import io.moldau.protocol.message.DeleteAclsResponse;
import io.moldau.protocol.message.DeleteAclsResponse.DeleteAclsFilterResult;
import io.moldau.protocol.message.DescribeAclsRequest;
import io.moldau.protocol.message.DescribeAclsResponse;
import io.moldau.protocol.message.DescribeDelegationTokenRequest;
import io.moldau.protocol.message.DescribeDelegationTokenResponse;
import io.moldau.protocol.message.ExpireDelegationTokenRequest;
import io.moldau.protocol.message.ExpireDelegationTokenResponse;
import io.moldau.protocol.message.RenewDelegationTokenRequest;
import io.moldau.protocol.message.RenewDelegationTokenResponse;
import io.moldau.protocol.message.SaslHandshakeRequest;
import io.moldau.protocol.message.SaslHandshakeResponse;
import java.util.Collections;
import java.util.List;

/// What a node without an authorizer answers on a listener without authentication, as Kafka does:
/// - DescribeAcls (29), CreateAcls (30), DeleteAcls (31), versions 1–3: security is off;
/// - CreateDelegationToken (38), RenewDelegationToken (39), ExpireDelegationToken (40), DescribeDelegationToken (41):
///   nobody has proved to be anybody who could have a token;
/// - SaslHandshake (17), versions 0–1: there is nothing to shake hands about.
final class WithoutSecurityHandlers {
    private static final short DISABLED = ErrorCode.SECURITY_DISABLED.code();
    private static final short NO_TOKENS = ErrorCode.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code();
    private static final String NO_AUTHORIZER =
            "No authorizer is configured: this node allows everything to everybody, and keeps no ACLs.";
    private static final String USER = "User";
    private static final String ANONYMOUS = "ANONYMOUS";

    private WithoutSecurityHandlers() {}

    static void register(ApiTable table) {
        table.with(
                ApiKey.SASL_HANDSHAKE,
                SaslHandshakeRequest.class,
                (request, call) -> call.answer(SaslHandshakeResponse.builder()
                        .errorCode(ErrorCode.ILLEGAL_SASL_STATE.code())
                        .build()));
        acls(table);
        tokens(table);
    }

    private static void acls(ApiTable table) {
        table.with(
                ApiKey.DESCRIBE_ACLS,
                DescribeAclsRequest.class,
                (request, call) -> call.answer(DescribeAclsResponse.builder()
                        .errorCode(DISABLED)
                        .errorMessage(NO_AUTHORIZER)
                        .build()));
        var notCreated = AclCreationResult.builder()
                .errorCode(DISABLED)
                .errorMessage(NO_AUTHORIZER)
                .build();
        table.with(
                ApiKey.CREATE_ACLS,
                CreateAclsRequest.class,
                (request, call) -> call.answer(CreateAclsResponse.builder()
                        .results(each(request.creations(), notCreated))
                        .build()));
        var notDeleted = DeleteAclsFilterResult.builder()
                .errorCode(DISABLED)
                .errorMessage(NO_AUTHORIZER)
                .build();
        table.with(
                ApiKey.DELETE_ACLS,
                DeleteAclsRequest.class,
                (request, call) -> call.answer(DeleteAclsResponse.builder()
                        .filterResults(each(request.filters(), notDeleted))
                        .build()));
    }

    private static <T> List<T> each(List<?> asked, T result) {
        return Collections.nCopies(asked.size(), result);
    }

    private static void tokens(ApiTable table) {
        table.with(
                ApiKey.CREATE_DELEGATION_TOKEN,
                CreateDelegationTokenRequest.class,
                (request, call) -> call.answer(CreateDelegationTokenResponse.builder()
                        .errorCode(NO_TOKENS)
                        .principalType(USER)
                        .principalName(ANONYMOUS)
                        .tokenRequesterPrincipalType(call.version() >= 3 ? USER : "")
                        .tokenRequesterPrincipalName(call.version() >= 3 ? ANONYMOUS : "")
                        .issueTimestampMs(-1)
                        .expiryTimestampMs(-1)
                        .maxTimestampMs(-1)
                        .build()));
        table.with(
                ApiKey.RENEW_DELEGATION_TOKEN,
                RenewDelegationTokenRequest.class,
                (request, call) -> call.answer(RenewDelegationTokenResponse.builder()
                        .errorCode(NO_TOKENS)
                        .expiryTimestampMs(-1)
                        .build()));
        table.with(
                ApiKey.EXPIRE_DELEGATION_TOKEN,
                ExpireDelegationTokenRequest.class,
                (request, call) -> call.answer(ExpireDelegationTokenResponse.builder()
                        .errorCode(NO_TOKENS)
                        .expiryTimestampMs(-1)
                        .build()));
        table.with(
                ApiKey.DESCRIBE_DELEGATION_TOKEN,
                DescribeDelegationTokenRequest.class,
                (request, call) -> call.answer(DescribeDelegationTokenResponse.builder()
                        .errorCode(NO_TOKENS)
                        .build()));
    }
}
