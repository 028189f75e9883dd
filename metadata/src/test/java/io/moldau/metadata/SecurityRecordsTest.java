package io.moldau.metadata;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moldau.environment.simulated.SimulatedWorld;
import io.moldau.metadata.MetadataRecord.QuotaChanged;
import io.moldau.metadata.MetadataRecord.ScramCredentialChanged;
import io.moldau.metadata.MetadataRecord.ScramCredentialRemoved;
import io.moldau.metadata.QuotaEntity.Type;
import io.moldau.protocol.ByteReader;
import io.moldau.protocol.ByteWriter;
import io.moldau.protocol.MalformedMessageException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// Quotas and credentials in the metadata log.
class SecurityRecordsTest {
    private static final Path DATA = Path.of("/data");

    private static final QuotaEntity ANNA = new QuotaEntity(Map.of(Type.USER, Optional.of("anna")));
    private static final QuotaEntity CLIENTS_OF_ANY_USER =
            new QuotaEntity(Map.of(Type.CLIENT_ID, Optional.of("etl"), Type.USER, Optional.empty()));
    private static final QuotaEntity ANY_ADDRESS = new QuotaEntity(Map.of(Type.IP, Optional.empty()));

    private static final ScramCredential CREDENTIAL =
            new ScramCredential(8192, secret("salt"), secret("stored"), secret("server"));

    private static final List<MetadataRecord> RECORDS = List.of(
            new QuotaChanged(ANNA, "producer_byte_rate", Optional.of(1000.0)),
            new QuotaChanged(ANNA, "request_percentage", Optional.of(12.5)),
            new QuotaChanged(CLIENTS_OF_ANY_USER, "consumer_byte_rate", Optional.of(7.0)),
            new QuotaChanged(ANY_ADDRESS, "connection_creation_rate", Optional.of(3.0)),
            new QuotaChanged(ANNA, "producer_byte_rate", Optional.empty()),
            new ScramCredentialChanged("anna", ScramMechanism.SHA_256, CREDENTIAL),
            new ScramCredentialChanged("anna", ScramMechanism.SHA_512, CREDENTIAL),
            new ScramCredentialChanged("otto", ScramMechanism.SHA_512, CREDENTIAL),
            new ScramCredentialRemoved("anna", ScramMechanism.SHA_512),
            new ScramCredentialRemoved("otto", ScramMechanism.SHA_512));

    private static Secret secret(String text) {
        return Secret.of(text.getBytes(UTF_8));
    }

    @Test
    void theyAreReadAsTheyWereWritten() throws IOException {
        var world = SimulatedWorld.of(1);
        world.disk().createDirectories(DATA);
        world.disk().syncDirectory(Path.of("/"));
        var log = LocalMetadataLog.open(world.disk(), DATA);
        log.replay(records -> {});
        log.append(RECORDS);
        world.powerCut();
        var read = new ArrayList<MetadataRecord>();
        LocalMetadataLog.open(world.disk(), DATA).replay(read::addAll);
        assertThat(read).isEqualTo(RECORDS);
    }

    @Test
    void theImageHasWhatWasNotTakenBackAndSoHasItsSnapshot() {
        var image = MetadataImage.EMPTY.replay(RECORDS);
        assertThat(image.quotas())
                .containsOnly(
                        Map.entry(ANNA, Map.of("request_percentage", 12.5)),
                        Map.entry(CLIENTS_OF_ANY_USER, Map.of("consumer_byte_rate", 7.0)),
                        Map.entry(ANY_ADDRESS, Map.of("connection_creation_rate", 3.0)));
        assertThat(image.scramCredentials())
                .containsOnly(Map.entry("anna", Map.of(ScramMechanism.SHA_256, CREDENTIAL)));
        var copy = MetadataImage.EMPTY.replay(MetadataRecord.snapshot(image));
        assertThat(copy.quotas()).isEqualTo(image.quotas());
        assertThat(copy.scramCredentials()).isEqualTo(image.scramCredentials());
        var emptied = image.replay(List.of(
                new QuotaChanged(ANNA, "request_percentage", Optional.empty()),
                new ScramCredentialRemoved("anna", ScramMechanism.SHA_256)));
        assertThat(emptied.quotas()).doesNotContainKey(ANNA);
        assertThat(emptied.scramCredentials()).isEmpty();
        assertThat(image.quotas()).as("the older image stays").containsKey(ANNA);
    }

    /// `moldau log dump` prints records by their texts.
    @Test
    void noTextShowsASecret() {
        assertThat(RECORDS.toString()).contains("anna", "8192").doesNotContain("salt=salt", "=stored", "=server");
        assertThat(new ScramCredentialChanged("anna", ScramMechanism.SHA_256, CREDENTIAL).toString())
                .contains("salt=[hidden], storedKey=[hidden], serverKey=[hidden]");
    }

    @Test
    void recordsThatMakeNoSenseAreRefusedWhenRead() {
        var nobody = new ByteWriter();
        nobody.int8(7);
        nobody.unsignedVarint(0);
        assertThatThrownBy(() -> MetadataRecordFormat.read(new ByteReader(nobody.toBuffer())))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("nobody");
        var mechanism = new ByteWriter();
        mechanism.int8(9);
        mechanism.compactString("anna");
        mechanism.int8(3);
        assertThatThrownBy(() -> MetadataRecordFormat.read(new ByteReader(mechanism.toBuffer())))
                .isInstanceOf(MalformedMessageException.class)
                .hasMessageContaining("mechanism 3");
    }
}
