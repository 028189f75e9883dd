package io.moldau.cli;

import java.io.Console;
import java.util.Optional;

/// One line on standard error that changes while work goes on; silent if nobody watches.
final class Progress {
    private final String what;
    private final boolean watched =
            Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
    private boolean shown;

    Progress(String what) {
        this.what = what;
    }

    void show(long count) {
        if (watched) {
            System.err.print("\r" + count + " records " + what + " ");
            shown = true;
        }
    }

    void end() {
        if (shown) {
            System.err.print("\r\u001b[K");
        }
    }
}
