package io.moldau.broker;

import io.moldau.protocol.Request;
import io.moldau.protocol.message.AlterClientQuotasRequest;
import io.moldau.protocol.message.AlterUserScramCredentialsRequest;
import io.moldau.protocol.message.CreateAclsRequest;
import io.moldau.protocol.message.CreateDelegationTokenRequest;
import io.moldau.protocol.message.DeleteAclsRequest;
import io.moldau.protocol.message.DescribeAclsRequest;
import io.moldau.protocol.message.DescribeClientQuotasRequest;
import io.moldau.protocol.message.DescribeDelegationTokenRequest;
import io.moldau.protocol.message.DescribeUserScramCredentialsRequest;
import io.moldau.protocol.message.ExpireDelegationTokenRequest;
import io.moldau.protocol.message.RenewDelegationTokenRequest;
import io.moldau.protocol.message.SaslHandshakeRequest;
import java.nio.ByteBuffer;
import java.util.List;

/// The requests of quotas, credentials, ACLs and tokens, with content.
final class SecurityTemplates {
    private SecurityTemplates() {}

    static List<Request> all() {
        return List.of(
                SaslHandshakeRequest.builder().mechanism("PLAIN").build(),
                DescribeAclsRequest.builder().resourceTypeFilter((byte) 2).build(),
                CreateAclsRequest.builder()
                        .creations(List.of(CreateAclsRequest.AclCreation.builder()
                                .resourceType((byte) 2)
                                .resourceName("orders")
                                .principal("User:anna")
                                .host("*")
                                .build()))
                        .build(),
                DeleteAclsRequest.builder()
                        .filters(List.of(
                                DeleteAclsRequest.DeleteAclsFilter.builder().build()))
                        .build(),
                CreateDelegationTokenRequest.builder().maxLifetimeMs(-1).build(),
                RenewDelegationTokenRequest.builder()
                        .hmac(ByteBuffer.allocate(4))
                        .build(),
                ExpireDelegationTokenRequest.builder()
                        .hmac(ByteBuffer.allocate(4))
                        .build(),
                DescribeDelegationTokenRequest.builder().owners(null).build(),
                alterQuota("user", "somebody", "producer_byte_rate", 1),
                alterQuota("user", "somebody", "no_such_quota", 1),
                DescribeClientQuotasRequest.builder().build(),
                DescribeClientQuotasRequest.builder()
                        .components(List.of(DescribeClientQuotasRequest.ComponentData.builder()
                                .entityType("nothing")
                                .build()))
                        .build(),
                AlterUserScramCredentialsRequest.builder()
                        .upsertions(List.of(AlterUserScramCredentialsRequest.ScramCredentialUpsertion.builder()
                                .name("anna")
                                .mechanism((byte) 1)
                                .iterations(4096)
                                .salt(ByteBuffer.allocate(4))
                                .saltedPassword(ByteBuffer.allocate(4))
                                .build()))
                        .deletions(List.of(AlterUserScramCredentialsRequest.ScramCredentialDeletion.builder()
                                .name("nobody")
                                .build()))
                        .build(),
                DescribeUserScramCredentialsRequest.builder().users(null).build(),
                DescribeUserScramCredentialsRequest.builder()
                        .users(List.of(DescribeUserScramCredentialsRequest.UserName.builder()
                                .name("nobody")
                                .build()))
                        .build());
    }

    static AlterClientQuotasRequest alterQuota(String type, String name, String key, double value) {
        return AlterClientQuotasRequest.builder()
                .entries(List.of(AlterClientQuotasRequest.EntryData.builder()
                        .entity(List.of(AlterClientQuotasRequest.EntityData.builder()
                                .entityType(type)
                                .entityName(name)
                                .build()))
                        .ops(List.of(AlterClientQuotasRequest.OpData.builder()
                                .key(key)
                                .value(value)
                                .build()))
                        .build()))
                .build();
    }
}
