package io.moldau.cli;

/// One line on standard error that changes while work goes on; silent if nobody watches.
final class Progress {
    private final String what;
    private final boolean watched = System.console() != null && System.console().isTerminal();
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
