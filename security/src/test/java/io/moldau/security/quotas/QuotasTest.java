package io.moldau.security.quotas;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import io.moldau.metadata.MetadataRecord.QuotaChanged;
import io.moldau.metadata.QuotaEntity;
import io.moldau.metadata.QuotaEntity.Type;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Who is held to which quota, and how much is counted against whom. Time stands unless it is told.
class QuotasTest {
    private static final Windows WINDOWS = new Windows(11, 1);
    private static final long SECOND = 1_000_000_000L;
    private static final Who ANNA_ETL = new Who("anna", "etl");

    private MetadataImage image = MetadataImage.EMPTY;
    private final Quotas quotas = new Quotas(WINDOWS, WINDOWS, image);

    private void set(QuotaKey key, Map<Type, Optional<String>> entity, double value) {
        change(new QuotaChanged(new QuotaEntity(entity), key.text(), Optional.of(value)));
    }

    private void change(MetadataRecord record) {
        image = image.replay(List.of(record));
        quotas.changed(List.of(record), image);
    }

    private static Map<Type, Optional<String>> user(String name) {
        return Map.of(Type.USER, name.isEmpty() ? Optional.empty() : Optional.of(name));
    }

    private static Map<Type, Optional<String>> client(String name) {
        return Map.of(Type.CLIENT_ID, name.isEmpty() ? Optional.empty() : Optional.of(name));
    }

    private static Map<Type, Optional<String>> both(String user, String client) {
        return Map.of(
                Type.USER,
                user.isEmpty() ? Optional.empty() : Optional.of(user),
                Type.CLIENT_ID,
                client.isEmpty() ? Optional.empty() : Optional.of(client));
    }

    @Test
    void withoutAQuotaNothingIsCounted() {
        assertThat(quotas.limit(QuotaKey.PRODUCER_BYTE_RATE)).isFalse();
        assertThat(quotas.produced(ANNA_ETL, Long.MAX_VALUE, 0)).isZero();
        assertThat(quotas.mostFetched(ANNA_ETL)).isEqualTo(Integer.MAX_VALUE);
        assertThat(quotas.mutations(ANNA_ETL, true, 0).take(Integer.MAX_VALUE)).isTrue();
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 1);
        assertThat(quotas.limit(QuotaKey.PRODUCER_BYTE_RATE)).isTrue();
        assertThat(quotas.limit(QuotaKey.CONSUMER_BYTE_RATE)).isFalse();
        assertThat(quotas.produced(ANNA_ETL, 1000, 0)).isPositive();
    }

    /// From the weakest to the strongest: each one set goes before all that were set until then.
    @Test
    void theMostSpecialQuotaHolds() {
        var entities = List.of(
                client(""),
                client("etl"),
                user(""),
                both("", ""),
                both("", "etl"),
                user("anna"),
                both("anna", ""),
                both("anna", "etl"));
        var set = new ArrayList<Integer>();
        for (int i = 0; i < entities.size(); i++) {
            set(QuotaKey.CONSUMER_BYTE_RATE, entities.get(i), i + 1);
            set.add(quotas.mostFetched(ANNA_ETL) / 10);
        }
        assertThat(set).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
        assertThat(quotas.mostFetched(new Who("otto", "etl"))).isEqualTo(50);
        assertThat(quotas.mostFetched(new Who("otto", "web"))).isEqualTo(40);
        change(new QuotaChanged(
                new QuotaEntity(both("anna", "etl")), QuotaKey.CONSUMER_BYTE_RATE.text(), Optional.empty()));
        assertThat(quotas.mostFetched(ANNA_ETL)).isEqualTo(70);
    }

    @Test
    void aUsersQuotaIsSharedByHisClientsAndAClientIdsByAllUsers() {
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 10);
        assertThat(quotas.produced(new Who("anna", "a"), 100, 0)).isZero();
        assertThat(quotas.produced(new Who("anna", "b"), 1, 0)).isPositive();
        set(QuotaKey.PRODUCER_BYTE_RATE, client("etl"), 10);
        assertThat(quotas.produced(new Who("otto", "etl"), 100, 0)).isZero();
        assertThat(quotas.produced(new Who("emil", "etl"), 1, 0)).isPositive();
        set(QuotaKey.PRODUCER_BYTE_RATE, both("", ""), 10);
        assertThat(quotas.produced(new Who("otto", "a"), 100, 0)).isZero();
        assertThat(quotas.produced(new Who("otto", "b"), 100, 0)).isZero();
        assertThat(quotas.produced(new Who("otto", "a"), 1, 0)).isPositive();
    }

    @Test
    void aChangedQuotaHoldsAtOnceForWhatWasCountedBefore() {
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 10);
        assertThat(quotas.produced(ANNA_ETL, 100, 0)).isZero();
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 5);
        assertThat(quotas.produced(ANNA_ETL, 0, 0)).isEqualTo(10_000);
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 1000);
        assertThat(quotas.produced(ANNA_ETL, 0, 0)).isZero();
    }

    @Test
    void aFetchThatIsHeldBackIsNotCountedAndOneThatCannotBeIs() {
        set(QuotaKey.CONSUMER_BYTE_RATE, client(""), 10);
        assertThat(quotas.fetching(ANNA_ETL, 100, 0)).isZero();
        assertThat(quotas.fetching(ANNA_ETL, 10, 0)).isEqualTo(1000);
        assertThat(quotas.fetching(ANNA_ETL, 10, 0)).isEqualTo(1000);
        assertThat(quotas.fetched(ANNA_ETL, 10, 0)).isEqualTo(1000);
        assertThat(quotas.fetched(ANNA_ETL, 10, 0)).isEqualTo(2000);
    }

    @Test
    void theTimeOfThreadsIsLimitedByPercentAndPunishedByAWindowAtMost() {
        set(QuotaKey.REQUEST_PERCENTAGE, user("anna"), 50);
        assertThat(quotas.busy(ANNA_ETL, 5 * SECOND, 0)).isZero();
        assertThat(quotas.busy(ANNA_ETL, SECOND / 10, 0)).isEqualTo(200);
        assertThat(quotas.busy(ANNA_ETL, 60 * SECOND, 0)).isEqualTo(1000);
    }

    @Test
    void oneHugeRequestDoesNotSilenceItsClientForEver() {
        set(QuotaKey.PRODUCER_BYTE_RATE, user("anna"), 1);
        assertThat(quotas.produced(ANNA_ETL, Long.MAX_VALUE, 0)).isEqualTo(3_600_000);
    }

    @Test
    void connectionsAreCountedByAddressHoweverItIsWritten() throws Exception {
        set(QuotaKey.CONNECTION_CREATION_RATE, Map.of(Type.IP, Optional.of("::1")), 1);
        set(QuotaKey.CONNECTION_CREATION_RATE, Map.of(Type.IP, Optional.empty()), 2);
        assertThat(connectionsUntilRefused("0:0:0:0:0:0:0:1")).isEqualTo(10);
        assertThat(connectionsUntilRefused("10.0.0.1")).isEqualTo(20);
        assertThat(connectionsUntilRefused("10.0.0.2")).isEqualTo(20);
        assertThat(quotas.connected(InetAddress.ofLiteral("10.0.0.1"), 0)).isEqualTo(500);
        assertThat(quotas.produced(ANNA_ETL, 1_000_000, 0)).isZero();
    }

    private int connectionsUntilRefused(String address) {
        int made = 0;
        while (quotas.connected(InetAddress.ofLiteral(address), 0) == 0) {
            made++;
        }
        return made;
    }

    @Test
    void partitionsAreRefusedToClientsThatUnderstandItAndOwedByOthers() {
        set(QuotaKey.CONTROLLER_MUTATION_RATE, client("etl"), 1);
        var first = quotas.mutations(ANNA_ETL, true, 0);
        assertThat(first.take(11)).isTrue();
        assertThat(first.take(5)).isTrue();
        assertThat(first.throttleMs()).isZero();
        assertThat(first.take(1)).isFalse();
        assertThat(first.throttleMs()).isEqualTo(5000);
        var older = quotas.mutations(ANNA_ETL, false, 0);
        assertThat(older.take(1)).isTrue();
        assertThat(older.throttleMs()).isEqualTo(6000);
        assertThat(quotas.mutations(ANNA_ETL, true, 6 * SECOND).take(1)).isTrue();
    }
}
