package io.reactorraft.server.kv;

import java.util.List;

/**
 * Replicas that should be equal were not.
 *
 * @param index of the entry at which their states were compared
 * @param members those that differ from most; all of them where no state has a majority
 */
public record Divergence(long index, List<String> members) {

    public Divergence {
        members = List.copyOf(members);
    }
}
