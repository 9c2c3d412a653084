package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Member;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.Transport.Identity;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * A network without sockets, whose links can be cut and made to lose messages. Transports that it makes reach each other
 * by the addresses they were started with, as far as cluster, generation and id agree.
 *
 * <p>Everything is delivered on workers of the scheduler that is given, one a transport. On a scheduler that runs one
 * task at a time, virtual time for instance, the same seed gives the same run. Thread-safe.
 */
public final class InMemoryNetwork {

    private static final int FIRST_PORT = 10_000;

    private final Scheduler scheduler;
    private final SplittableRandom random;
    private final Map<String, InMemoryTransport> listening = new HashMap<>();
    private final Set<Set<String>> cuts = new HashSet<>();
    private double loss;
    private int nextPort = FIRST_PORT;

    /**
     * A network that loses nothing.
     *
     * @param seed decides which messages are lost once {@link #lose} says how many
     */
    public InMemoryNetwork(Scheduler scheduler, long seed) {
        this.scheduler = scheduler;
        this.random = new SplittableRandom(seed);
    }

    /** A transport of this network, not started. */
    public InMemoryTransport transport() {
        return new InMemoryTransport(this, scheduler.createWorker());
    }

    /** An address on which nobody listens yet. */
    public synchronized String freeAddress() {
        return "memory:" + nextPort++;
    }

    /** Loses this fraction of the messages, from 0 to 1, and reports none of them; requests are spared. */
    public synchronized void lose(double fraction) {
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("a fraction is 0 to 1, got " + fraction);
        }
        loss = fraction;
    }

    /** Drops whatever passes between the two members, both ways. Idempotent. */
    public synchronized void cut(String oneId, String otherId) {
        cuts.add(Set.of(oneId, otherId));
    }

    /** Undoes {@link #cut}. Idempotent. */
    public void mend(String oneId, String otherId) {
        synchronized (this) {
            cuts.remove(Set.of(oneId, otherId));
        }
        contactAll();
    }

    synchronized boolean loses() {
        return loss > 0 && random.nextDouble() < loss;
    }

    synchronized boolean isCut(String oneId, String otherId) {
        return !oneId.equals(otherId) && cuts.contains(Set.of(oneId, otherId));
    }

    String bind(InMemoryTransport transport, String listenAddress) {
        String address;
        synchronized (this) {
            address = listenAddress.endsWith(":0")
                    ? listenAddress.substring(0, listenAddress.length() - 1) + nextPort++
                    : listenAddress;
            if (listening.putIfAbsent(address, transport) != null) {
                throw new StartRefusedException(
                        StartRefusedException.Kind.ADDRESS, "cannot listen on " + address + ": address already in use");
            }
        }
        return address;
    }

    synchronized void unbind(InMemoryTransport transport) {
        listening.values().remove(transport);
    }

    synchronized @Nullable InMemoryTransport at(String address) {
        return listening.get(address);
    }

    /** Who answers when {@code caller} dials the member: null where nobody does, or somebody else. */
    @Nullable
    InMemoryTransport reach(Identity caller, Member member) {
        if (isCut(caller.self().getId(), member.getId())) {
            return null;
        }
        for (String address : member.getAddressesList()) {
            InMemoryTransport found = at(address);
            Identity identity = found == null ? null : found.identity();
            if (identity != null && identity.self().getId().equals(member.getId()) && areKin(identity, caller)) {
                return found;
            }
        }
        return null;
    }

    static boolean areKin(Identity one, Identity other) {
        return one.clusterId().equals(other.clusterId()) && one.generation() == other.generation();
    }

    /** Everybody who is connected to a process notices that it ends. */
    void tellGone(Identity process) {
        List<InMemoryTransport> all;
        synchronized (this) {
            all = List.copyOf(listening.values());
        }
        all.forEach(each -> each.ended(process));
    }

    /** Whoever has not met its peers yet tries again: something has changed. */
    void contactAll() {
        List<InMemoryTransport> all;
        synchronized (this) {
            all = List.copyOf(listening.values());
        }
        all.forEach(InMemoryTransport::contactPeers);
    }

    /** What distinguishes one meeting of two processes from the next. */
    record Meeting(String peerId, ByteString bootId) {}
}
