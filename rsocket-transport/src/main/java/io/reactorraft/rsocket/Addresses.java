package io.reactorraft.rsocket;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a peer may be found: where the group says, and where the peer itself says in a handshake, since our list of
 * members may be old. The one that was used last is kept until it fails, and then the next one has its turn.
 *
 * <p>Changed on the control loop alone; {@link #contains}, {@link #named} and {@link #current} may be called from any thread.
 */
final class Addresses {

    private volatile List<String> named = List.of();
    private volatile List<String> all = List.of();
    private volatile int index;

    /** What the group says, from now on. Answers whether that is news; what the peer told before counts no more. */
    boolean name(List<String> addresses) {
        if (addresses.isEmpty() || addresses.equals(named)) {
            return false;
        }
        String before = current();
        named = List.copyOf(addresses);
        all = named;
        index = Math.max(0, before == null ? 0 : all.indexOf(before));
        return true;
    }

    /** What the peer says; where {@code next}, that is tried next, since the peer is evidently there. */
    void tell(List<String> addresses, boolean next) {
        if (addresses.isEmpty()) {
            return;
        }
        List<String> both = new ArrayList<>(named);
        addresses.stream().filter(address -> !named.contains(address)).forEach(both::add);
        all = List.copyOf(both);
        if (next) {
            index = all.indexOf(addresses.get(0));
        }
    }

    /** The one that was used last does not work. */
    void failed() {
        int count = all.size();
        index = count == 0 ? 0 : (index + 1) % count;
    }

    /** Where the group says. */
    List<String> named() {
        return named;
    }

    boolean contains(String address) {
        return all.contains(address);
    }

    /** The one to use; null where nobody said any. */
    @Nullable
    String current() {
        List<String> known = all;
        return known.isEmpty() ? null : known.get(Math.min(index, known.size() - 1));
    }
}
