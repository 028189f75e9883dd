package io.moldau.broker;

import io.moldau.broker.settings.BrokerSettings;
import io.moldau.metadata.ConfigResource;
import io.moldau.metadata.Controller;
import io.moldau.metadata.MetadataImage;
import io.moldau.metadata.MetadataRecord;
import java.util.List;

/// The node's settings as they are now: what was given at start, below what was changed since, for all brokers and
/// for this one.
final class LiveSettings implements Controller.Listener {
    private final BrokerSettings given;
    private final int nodeId;
    private volatile BrokerSettings current;

    LiveSettings(BrokerSettings given, int nodeId, MetadataImage image) {
        this.given = given;
        this.nodeId = nodeId;
        this.current = settings(image);
    }

    BrokerSettings current() {
        return current;
    }

    @Override
    public void changed(List<MetadataRecord> records, MetadataImage image) {
        boolean concerned = records.stream()
                .anyMatch(record -> record instanceof MetadataRecord.ConfigChanged change
                        && change.resource().type() == ConfigResource.Type.BROKER);
        if (concerned) {
            current = settings(image);
        }
    }

    /// The settings as they will be once `image` is in force.
    BrokerSettings settings(MetadataImage image) {
        return given.withDynamic(
                image.config(new ConfigResource(ConfigResource.Type.BROKER, "")),
                image.config(new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(nodeId))));
    }
}
