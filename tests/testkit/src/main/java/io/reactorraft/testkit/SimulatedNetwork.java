package io.reactorraft.testkit;

import io.reactorraft.proto.Message;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A network in memory between the processes of one simulation. It delays, loses, doubles and overtakes as its {@link
 * Weather} says, can be cut in either direction, and drops what was in flight when a connection is reset.
 *
 * <p>One thread, virtual time.
 */
final class SimulatedNetwork {
    private static final long LATEST_NOTICE_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final VirtualTime time;
    private final Dice dice;
    private final Safety safety;
    private final Story story;
    private final Map<String, SimulatedTransport> stations = new HashMap<>();
    private final Map<String, String> idsByAddress = new HashMap<>();
    private final Map<Link, Long> lastArrivals = new HashMap<>();
    private final Map<Link, Long> resets = new HashMap<>();
    private final Set<Link> cut = new HashSet<>();
    private Weather weather = Weather.FAIR;

    /** One direction between two members. */
    record Link(String from, String to) {}

    SimulatedNetwork(VirtualTime time, Dice dice, Safety safety, Story story) {
        this.time = time;
        this.dice = dice;
        this.safety = safety;
        this.story = story;
    }

    // --------------------------------------------------------------------------------------------------- its faults

    void weather(Weather changed) {
        weather = changed;
    }

    /** Nothing goes this way any more, and what was on its way is lost. */
    void cut(String from, String to) {
        cut.add(new Link(from, to));
    }

    void heal() {
        cut.clear();
    }

    /** Whether everybody hears everybody. */
    boolean isWhole() {
        return cut.isEmpty();
    }

    boolean isCut(String from, String to) {
        return cut.contains(new Link(from, to));
    }

    /** What is in flight between these two is lost. */
    void reset(String one, String other) {
        resets.merge(new Link(one, other), 1L, Long::sum);
        resets.merge(new Link(other, one), 1L, Long::sum);
    }

    /**
     * As a firewall that rejects: nothing goes between these two any more, and whoever dials the other is refused, which
     * looks like the end of its process.
     */
    void reject(String one, String other) {
        cut(one, other);
        cut(other, one);
        flicker(one, other);
    }

    /**
     * As a proxy that closes what it has accepted: what is in flight is lost, each side takes the other's process for gone,
     * and the connections come back.
     */
    void flicker(String one, String other) {
        reset(one, other);
        time.after(travel(), () -> gone(one, other));
        time.after(travel(), () -> gone(other, one));
    }

    /** The process ends: whoever is connected to it finds nobody there. */
    void ended(String id) {
        for (String other : stations.keySet()) {
            if (!other.equals(id) && !isCut(id, other) && !isCut(other, id)) {
                // a connection ends behind what was sent on it
                long last = lastArrivals.getOrDefault(new Link(id, other), 0L);
                time.after(Math.max(travel(), last - time.now()) + 1, () -> gone(other, id));
            }
        }
    }

    private void gone(String observer, String gone) {
        SimulatedTransport there = at(observer);
        if (there != null && there.process().stoppedForNanos() > 0) {
            time.after(there.process().stoppedForNanos(), () -> gone(observer, gone));
        } else if (there != null) {
            story.count(Happening.PROCESS_GONE);
            story.tell(observer, -20, gone.hashCode(), () -> "takes the process of " + gone + " for gone");
            there.gone(gone);
        }
    }

    // ------------------------------------------------------------------------------------------------ its processes

    /** The transport of one start of a process; the one before it is gone. */
    SimulatedTransport transport(String id, Incarnation process) {
        SimulatedTransport station = new SimulatedTransport(id, process, this);
        stations.put(id, station);
        return station;
    }

    void listens(String id, String address) {
        idsByAddress.put(address, id);
    }

    @Nullable
    SimulatedTransport at(String id) {
        SimulatedTransport station = stations.get(id);
        return station == null || station.process().dead() || station.closed() ? null : station;
    }

    @Nullable
    String idAt(String address) {
        return idsByAddress.get(address);
    }

    // ------------------------------------------------------------------------------------------------- what it does

    void send(SimulatedTransport from, String groupId, Message message) {
        if (from.process().dead()) {
            return;
        }
        safety.sent(from.id(), message);
        Link link = new Link(from.id(), message.getTo());
        story.tell(from.id(), message.getTypeValue(), message.getIndex(), () -> Telling.of(message));
        if (cut.contains(link) || dice.permille(weather.lossPermille())) {
            lost(from, message);
            return;
        }
        if (dice.permille(weather.duplicatePermille())) {
            story.count(Happening.MESSAGE_DUPLICATED);
            carry(link, from, groupId, message);
        }
        carry(link, from, groupId, message);
    }

    private void carry(Link link, SimulatedTransport from, String groupId, Message message) {
        long arrival = time.now() + travel();
        if (weather.inOrder()) {
            arrival = Math.max(arrival, lastArrivals.getOrDefault(link, 0L));
            lastArrivals.put(link, arrival);
        }
        long connection = connection(link);
        time.after(arrival - time.now(), () -> arrive(link, from, groupId, message, connection));
    }

    private void arrive(Link link, SimulatedTransport from, String groupId, Message message, long connection) {
        SimulatedTransport there = at(link.to);
        if (there == null || cut.contains(link) || connection != connection(link)) {
            lost(from, message);
        } else if (there.process().stoppedForNanos() > 0) {
            time.after(
                    there.process().stoppedForNanos() + backlog(link),
                    () -> arrive(link, from, groupId, message, connection));
        } else {
            there.receive(from, groupId, message);
        }
    }

    /** Who was stopped reads its connections one after another, so that news of one may be far behind another's. */
    private static long backlog(Link link) {
        return TimeUnit.MILLISECONDS.toNanos(3L * (link.from.hashCode() & 3));
    }

    /** Senders often hear of a loss, and never soon. */
    private void lost(SimulatedTransport from, Message message) {
        story.count(Happening.MESSAGE_LOST);
        if (dice.permille(700)) {
            time.after(dice.below(LATEST_NOTICE_NANOS), () -> from.lost(message.getTo()));
        }
    }

    long travel() {
        return dice.between(weather.shortestNanos(), weather.longestNanos());
    }

    /** Which connection stands on this link; it changes when the link is reset. */
    long connection(Link link) {
        return resets.getOrDefault(link, 0L);
    }

    boolean losesConnection() {
        return dice.permille(weather.lossPermille() / 4);
    }

    VirtualTime time() {
        return time;
    }

    Dice dice() {
        return dice;
    }
}
