package io.moldau.environment;

import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/// Wake-ups that a thread holds back while it tells many of something. Afterwards it gives them, each sleeper one; or,
/// if it has nothing else to do, it does there and then what they were to be woken for: that spares two changes of
/// context and the wait for them.
public final class WakeUps {
    /// Somebody who sleeps until there is something to do for him.
    public interface Sleeper {
        /// He is to see himself what there is to do.
        void wake();

        /// Does it in his place on this thread, if he sleeps; wakes him otherwise.
        void standIn();
    }

    private static final ThreadLocal<@Nullable WakeUps> CURRENT = new ThreadLocal<>();

    private final ArrayList<Sleeper> held = new ArrayList<>();

    /// Wakes him, later if this thread holds wake-ups back.
    public static void give(Sleeper sleeper) {
        var current = CURRENT.get();
        if (current == null) {
            sleeper.wake();
        } else {
            current.held.add(sleeper);
        }
    }

    /// From now on this thread holds wake-ups back.
    public void holdBack() {
        CURRENT.set(this);
    }

    /// Gives those that were held back.
    ///
    /// @param idle this thread may as well stand in for them. It must hold no lock that they may need
    public void give(boolean idle) {
        CURRENT.remove();
        for (var sleeper : held) {
            if (idle) {
                sleeper.standIn();
            } else {
                sleeper.wake();
            }
        }
        held.clear();
    }
}
