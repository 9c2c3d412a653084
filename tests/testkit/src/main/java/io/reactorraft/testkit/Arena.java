package io.reactorraft.testkit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a schedule of faults can do to a simulated cluster, whatever its nodes are made of. One thread. */
interface Arena {

    Dice dice();

    VirtualTime time();

    SimulatedNetwork network();

    Story story();

    /** Ids of those that are to take part, running or not. */
    List<String> members();

    /** Ids of those that run. */
    List<String> running();

    /** Who leads the highest term among those that run; null: nobody. */
    @Nullable
    String leader();

    /** Lets time pass; returns early where something was violated. */
    void pass(long nanos);

    void crash(String id);

    void restart(String id);

    /** Ends the node in order. */
    void stop(String id);

    void pause(String id, long nanos);

    SimulatedDisk disk(String id);

    /** The node's applier takes up to this long for each of its turns. */
    void lagApplier(String id, long nanos);

    /** Some clients propose and read on this node, now. */
    void burst(String id);

    /** A fault that only this kind of cluster knows. */
    void special();

    // ------------------------------------------------------------------------------------------- in terms of these

    /** Cuts the node off from everybody, in both directions. */
    default void isolate(String id) {
        story().count(Happening.PARTITION);
        story().tell(id, -2, 0, () -> "is cut off");
        for (String other : members()) {
            if (!other.equals(id)) {
                network().cut(id, other);
                network().cut(other, id);
            }
        }
    }

    /** Nobody hears the node any more, or it hears nobody. */
    default void halfIsolate(String id, boolean hears) {
        story().count(Happening.PARTITION);
        story().tell(id, -3, hears ? 1 : 0, () -> hears ? "is not heard any more" : "hears nobody any more");
        for (String other : members()) {
            if (!other.equals(id)) {
                network().cut(hears ? id : other, hears ? other : id);
            }
        }
    }

    /** Cuts these two from one another. */
    default void part(String one, String other) {
        story().count(Happening.PARTITION);
        story().tell(one, -4, other.hashCode(), () -> "and " + other + " are parted");
        network().cut(one, other);
        network().cut(other, one);
    }

    default void heal() {
        story().tell("network", -5, 0, () -> "is whole again");
        network().heal();
    }

    /** Everybody runs again, on disks and a network without faults; what was lost stays lost. */
    default void mend() {
        heal();
        network().weather(Weather.FAIR);
        for (String id : members()) {
            disk(id).mend();
            lagApplier(id, 0);
            if (!running().contains(id)) {
                crash(id);
                restart(id);
            }
        }
    }
}
