package io.moldau.storage;

import io.moldau.environment.DiskFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Handles that nobody uses any more: collected with a monitor held, closed without it. Whoever is the last to close a
/// file without a name waits while its blocks are given back.
final class ClosingFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClosingFiles.class);

    private final List<DiskFile> files = new ArrayList<>(1);

    void add(DiskFile file) {
        files.add(file);
    }

    /// Whoever asked for something else is not to suffer from a failure: what is unsynced in these files is not wanted.
    @Override
    public void close() {
        for (var file : files) {
            try {
                file.close();
            } catch (IOException failed) {
                LOG.warn("closing a segment file failed, which loses nothing: {}", failed.toString());
            }
        }
    }
}
