package io.moldau.shares;

import java.util.List;
import java.util.Optional;

/// What a member says of records that it has.
///
/// @param types one for all of them, or one for each
public record Acknowledgement(long first, long last, List<Byte> types) {
    /// What is said of one record; the codes are those of the protocol.
    enum Type {
        /// There is no record at the offset.
        GAP,
        ACCEPT,
        RELEASE,
        REJECT,
        /// The member needs more time (KIP-1222).
        RENEW
    }

    public static final byte RENEW = 4;

    /// What is wrong with it, whatever the records are like; empty if nothing is.
    public Optional<String> problem(boolean renewAllowed) {
        if (first < 0 || last < first) {
            return Optional.of("offsets " + first + " to " + last + " are no range");
        }
        if (types.size() != 1 && types.size() != last - first + 1) {
            return Optional.of("offsets " + first + " to " + last + " have " + types.size()
                    + " acknowledge types: give one, or one for each");
        }
        for (byte type : types) {
            if (type < 0 || type > RENEW) {
                return Optional.of("there is no acknowledge type " + type + "; there are 0 to " + RENEW);
            }
            if (type == RENEW && !renewAllowed) {
                return Optional.of("locks are not renewed by this request, or in this group"
                        + " (share.renew.acknowledge.enable)");
            }
        }
        return Optional.empty();
    }

    public boolean renews() {
        return types.contains(RENEW);
    }

    /// It changes nothing that is kept.
    boolean isRenewalOnly() {
        return types.stream().allMatch(type -> type == RENEW);
    }

    Type type(int index) {
        return Type.values()[types.get(types.size() == 1 ? 0 : index)];
    }
}
