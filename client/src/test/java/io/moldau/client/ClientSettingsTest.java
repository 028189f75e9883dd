package io.moldau.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.client.ClientSettings.Address;
import io.moldau.environment.Environment;
import org.junit.jupiter.api.Test;

class ClientSettingsTest {
    private static final Environment WORLD = Environment.real();

    @Test
    void anAddressMayLeaveItsPortOut() {
        assertThat(ClientSettings.of(WORLD, "kafka-1, kafka-2:19092,[::1]:7,[::1]", "test")
                        .bootstrap())
                .containsExactly(
                        new Address("kafka-1", 9092),
                        new Address("kafka-2", 19092),
                        new Address("::1", 7),
                        new Address("::1", 9092));
    }

    @Test
    void whatIsNotAnAddressIsRefused() {
        assertThatThrownBy(() -> ClientSettings.of(WORLD, "localhost:http", "test"))
                .hasMessage("'localhost:http' is not an address: expected HOST:PORT");
    }
}
