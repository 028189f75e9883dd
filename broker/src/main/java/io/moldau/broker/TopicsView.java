package io.moldau.broker;

import io.moldau.groups.Topics;
import io.moldau.metadata.Controller;
import io.moldau.metadata.TopicImage;
import io.moldau.protocol.Uuid;
import java.util.Collection;
import java.util.Optional;

/// The newest metadata as groups see it.
record TopicsView(Controller controller) implements Topics {
    @Override
    public Optional<String> name(Uuid id) {
        return controller.image().topic(id).map(TopicImage::name);
    }

    @Override
    public Optional<Uuid> id(String name) {
        return controller.image().topic(name).map(TopicImage::id);
    }

    @Override
    public int partitions(String name) {
        return controller
                .image()
                .topic(name)
                .map(topic -> topic.partitions().size())
                .orElse(0);
    }

    @Override
    public Collection<String> names() {
        return controller.image().topics().keySet();
    }
}
