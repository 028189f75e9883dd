package io.moldau.security.quotas;

import static org.assertj.core.api.Assertions.assertThat;

import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.QuotaEntity;
import io.moldau.metadata.QuotaEntity.Type;
import io.moldau.protocol.ErrorCode;
import io.moldau.security.quotas.QuotaDecisions.Change;
import io.moldau.security.quotas.QuotaDecisions.Described;
import io.moldau.security.quotas.QuotaDecisions.Filter;
import io.moldau.security.quotas.QuotaDecisions.Part;
import io.moldau.security.quotas.QuotaDecisions.Wish;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class QuotaDecisionsTest {
    private static final Part ANNA = new Part("user", Optional.of("anna"));
    private static final Part ANY_USER = new Part("user", Optional.empty());
    private static final Part ETL = new Part("client-id", Optional.of("etl"));
    private static final Part LOCALHOST = new Part("ip", Optional.of("127.0.0.1"));

    private MetadataImage image = MetadataImage.EMPTY;

    private static Change set(String key, double value) {
        return new Change(key, Optional.of(value));
    }

    private static Wish wish(List<Part> entity, Change... changes) {
        return new Wish(entity, List.of(changes));
    }

    private void alter(Wish... wishes) {
        var decision = QuotaDecisions.alter(image, List.of(wishes), false);
        assertThat(decision.answer()).allMatch(Optional::isEmpty);
        image = image.replay(decision.records());
    }

    private void refused(String because, Wish wish) {
        var decision = QuotaDecisions.alter(image, List.of(wish), false);
        assertThat(decision.records()).isEmpty();
        assertThat(decision.answer()).singleElement().satisfies(outcome -> {
            assertThat(outcome.orElseThrow().error()).isEqualTo(ErrorCode.INVALID_REQUEST);
            assertThat(outcome.orElseThrow().reason()).contains(because);
        });
    }

    private List<Map<Type, Optional<String>>> described(boolean strict, Filter... filters) {
        return switch (QuotaDecisions.describe(image, List.of(filters), strict)) {
            case Described.Quotas(var all) ->
                all.keySet().stream().map(QuotaEntity::names).toList();
            case Described.Refused(var refusal) -> throw new AssertionError(refusal);
        };
    }

    private static void refused(ErrorCode error, String because, Filter... filters) {
        var described = QuotaDecisions.describe(MetadataImage.EMPTY, List.of(filters), false);
        assertThat(described).isInstanceOfSatisfying(Described.Refused.class, refused -> {
            assertThat(refused.refusal().error()).isEqualTo(error);
            assertThat(refused.refusal().reason()).contains(because);
        });
    }

    @Test
    void quotasAreSetChangedAndTakenBack() {
        alter(wish(List.of(ANNA), set("producer_byte_rate", 1000), set("request_percentage", 0.5)));
        alter(wish(
                List.of(ANNA),
                set("producer_byte_rate", 2000),
                new Change("request_percentage", Optional.empty()),
                new Change("consumer_byte_rate", Optional.empty()),
                new Change("not_even_known", Optional.empty())));
        assertThat(image.quotas().values()).containsExactly(Map.of("producer_byte_rate", 2000.0));
        long before = image.offset();
        alter(wish(List.of(ANNA), set("producer_byte_rate", 2000)));
        assertThat(image.offset()).as("nothing changes, nothing is written").isEqualTo(before);
    }

    @Test
    void whatIsOnlyValidatedDoesNotHappen() {
        var fine = wish(List.of(ANNA), set("producer_byte_rate", 1));
        var decision = QuotaDecisions.alter(image, List.of(fine, wish(List.of())), true);
        assertThat(decision.records()).isEmpty();
        assertThat(decision.answer().getFirst()).isEmpty();
        assertThat(decision.answer().getLast()).isPresent();
    }

    @Test
    void oneThatIsRefusedDoesNotHinderTheOthers() {
        var decision = QuotaDecisions.alter(
                image,
                List.of(
                        wish(List.of(ANNA), set("producer_byte_rate", 1), set("no_such_rate", 1)),
                        wish(List.of(ANY_USER, ETL), set("producer_byte_rate", 1))),
                false);
        assertThat(decision.records()).hasSize(1);
        assertThat(decision.answer().getFirst()).isPresent();
        assertThat(decision.answer().getLast()).isEmpty();
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        var rate = set("producer_byte_rate", 1);
        refused("empty", wish(List.of(), rate));
        refused("\"group\" is not known", wish(List.of(new Part("group", Optional.of("g"))), rate));
        refused("empty name", wish(List.of(new Part("user", Optional.of(""))), rate));
        refused("twice", wish(List.of(ANNA, ANY_USER), rate));
        refused("stands alone", wish(List.of(LOCALHOST, ETL), set("connection_creation_rate", 1)));
        refused("not an IP address", wish(List.of(new Part("ip", Optional.of("localhost"))), rate));
        refused("no quota \"connection_creation_rate\"", wish(List.of(ANNA), set("connection_creation_rate", 1)));
        refused("no quota \"producer_byte_rate\"", wish(List.of(LOCALHOST), rate));
        refused("no quota \"typo\"", wish(List.of(ANNA), set("typo", 1)));
        refused("twice", wish(List.of(ANNA), rate, set("producer_byte_rate", 2)));
        refused("above 0", wish(List.of(ANNA), set("producer_byte_rate", 0)));
        refused("above 0", wish(List.of(ANNA), set("request_percentage", Double.NaN)));
        refused("above 0", wish(List.of(ANNA), set("request_percentage", Double.POSITIVE_INFINITY)));
        refused("whole number", wish(List.of(ANNA), set("consumer_byte_rate", 1.5)));
        refused("at most", wish(List.of(LOCALHOST), set("connection_creation_rate", 3e9)));
        refused("at most", wish(List.of(ANNA), set("consumer_byte_rate", 1e30)));
    }

    @Test
    void theSameEntityTwiceInARequestIsRefusedBothTimes() {
        var decision = QuotaDecisions.alter(
                image,
                List.of(
                        wish(List.of(ANNA, ETL), set("producer_byte_rate", 1)),
                        wish(List.of(ETL, ANNA), set("producer_byte_rate", 2))),
                false);
        assertThat(decision.records()).isEmpty();
        assertThat(decision.answer())
                .allSatisfy(
                        outcome -> assertThat(outcome.orElseThrow().reason()).contains("twice"));
    }

    @Test
    void filtersFindByNameByDefaultByAnyAndStrictly() {
        alter(
                wish(List.of(ANNA), set("producer_byte_rate", 1)),
                wish(List.of(ANY_USER), set("producer_byte_rate", 1)),
                wish(List.of(ANNA, ETL), set("producer_byte_rate", 1)),
                wish(List.of(LOCALHOST), set("connection_creation_rate", 1)));
        var anna = new Filter("user", Filter.EXACT, Optional.of("anna"));
        var anyUser = new Filter("user", Filter.ANY, Optional.empty());
        var defaultUser = new Filter("user", Filter.DEFAULT, Optional.empty());
        assertThat(described(false)).hasSize(4);
        assertThat(described(true)).isEmpty();
        assertThat(described(false, anna)).hasSize(2);
        assertThat(described(true, anna)).containsExactly(Map.of(Type.USER, Optional.of("anna")));
        assertThat(described(false, anyUser)).hasSize(3);
        assertThat(described(false, defaultUser)).containsExactly(Map.of(Type.USER, Optional.empty()));
        assertThat(described(true, anyUser, new Filter("client-id", Filter.ANY, Optional.empty())))
                .hasSize(1);
        assertThat(described(false, new Filter("ip", Filter.EXACT, Optional.of("127.0.0.1"))))
                .hasSize(1);
    }

    @Test
    void filtersThatMakeNoSenseAreRefused() {
        var user = new Filter("user", Filter.ANY, Optional.empty());
        refused(ErrorCode.INVALID_REQUEST, "empty entity type", new Filter("", Filter.ANY, Optional.empty()));
        refused(ErrorCode.UNSUPPORTED_VERSION, "\"group\"", new Filter("group", Filter.ANY, Optional.empty()));
        refused(ErrorCode.INVALID_REQUEST, "two filters", user, user);
        refused(ErrorCode.INVALID_REQUEST, "none is given", new Filter("user", Filter.EXACT, Optional.empty()));
        refused(ErrorCode.INVALID_REQUEST, "one is given", new Filter("user", Filter.DEFAULT, Optional.of("anna")));
        refused(ErrorCode.INVALID_REQUEST, "match type 3", new Filter("user", (byte) 3, Optional.empty()));
        refused(ErrorCode.INVALID_REQUEST, "no quota is both", user, new Filter("ip", Filter.ANY, Optional.empty()));
    }
}
