package io.moldau.environment;

import java.io.IOException;
import java.nio.file.Path;

/// There is no room on the file system. Nothing else is wrong: what was written before is there, and a write that
/// failed for this reason may be tried again, or its first part be cut off. A *sync* never fails with it: what a
/// failed sync left behind is not known.
public final class DiskFullException extends IOException {
    private static final long serialVersionUID = 1;

    public DiskFullException(Path path, Throwable cause) {
        super("the disk of " + path + " is full", cause);
    }
}
