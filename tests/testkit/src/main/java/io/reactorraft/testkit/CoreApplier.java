package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import reactor.core.scheduler.Scheduler;

/**
 * The apply thread of a {@link CoreNode}: what is given to it is done in that order, and nothing overtakes a range that
 * is still being read from the log.
 */
final class CoreApplier {
    private final CoreNode node;
    private final CoreNode.Surroundings around;
    private final SimulatedDisk disk;
    private final CoreMachine machine;
    private final CoreRequests requests;
    private final Scheduler.Worker lane;
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private boolean reading;

    CoreApplier(
            CoreNode node,
            CoreNode.Surroundings around,
            SimulatedDisk disk,
            CoreMachine machine,
            CoreRequests requests,
            Scheduler.Worker lane) {
        this.node = node;
        this.around = around;
        this.disk = disk;
        this.machine = machine;
        this.requests = requests;
        this.lane = lane;
    }

    /** Done on the apply thread, behind everything that was given to it before. */
    void inOrder(Runnable work) {
        lane.schedule(() -> {
            if (reading) {
                held.add(work);
            } else {
                work.run();
            }
        });
    }

    /** Applies the entries of the message or, where it has none, the range that it names. */
    void apply(Message work) {
        inOrder(() -> {
            if (work.getEntriesCount() > 0 || work.getCommit() == 0) {
                node.applied(applied(work.getEntriesList()), work.getResponsesList());
            } else {
                readOn(work);
            }
        });
    }

    private void readOn(Message work) {
        reading = true;
        long from = Math.max(work.getIndex(), machine.appliedIndex() + 1);
        disk.read(CoreNode.GROUP, from, work.getCommit() + 1, 0)
                .subscribe(
                        entries -> lane.schedule(() -> delivered(work, entries)),
                        error -> lane.schedule(() -> missed(work, error)));
    }

    /** A snapshot has taken the place of these entries since they were handed out; it is the next thing to be restored. */
    private void missed(Message work, Throwable error) {
        if (error instanceof IndexOutOfBoundsException
                && disk.snapshotMark(CoreNode.GROUP).getIndex() >= work.getCommit()) {
            node.applied(List.of(), work.getResponsesList());
            goOn();
        } else {
            node.diskFailed(error);
        }
    }

    private void goOn() {
        reading = false;
        while (!reading && !held.isEmpty()) {
            held.remove().run();
        }
    }

    private void delivered(Message work, List<Entry> entries) {
        List<Entry> changes = applied(entries);
        if (machine.appliedIndex() < work.getCommit()) {
            node.applied(changes, List.of());
            readOn(work);
            return;
        }
        node.applied(changes, work.getResponsesList());
        goOn();
    }

    /** Applies these now; answers those of them that change the configuration. */
    List<Entry> applied(List<Entry> entries) {
        List<Entry> changes = new ArrayList<>();
        for (Entry entry : entries) {
            if (entry.getIndex() != machine.appliedIndex() + 1) {
                around.story()
                        .violation(node.id() + " is to apply index " + entry.getIndex() + " after "
                                + machine.appliedIndex());
            }
            around.safety().applied(node.id(), entry.getIndex(), entry.getTerm());
            ByteString result = ByteString.EMPTY;
            if (entry.getType() != EntryType.ENTRY_NORMAL) {
                changes.add(entry);
            } else if (!entry.getData().isEmpty()) {
                result = applyCommand(entry);
            }
            machine.passed(entry.getIndex());
            requests.applied(entry, result);
        }
        requests.answerReads();
        return changes;
    }

    private ByteString applyCommand(Entry entry) {
        long tag = entry.getData().asReadOnlyByteBuffer().getLong();
        long previous = machine.commandIndex();
        ByteString result = machine.apply(entry.getIndex(), tag);
        around.story().tell(node.id(), entry.getIndex(), tag, () -> "applies " + entry.getIndex());
        around.outcomes()
                .applied(
                        node.id(),
                        previous,
                        new Outcomes.AppliedHere(entry.getIndex(), entry.getTerm(), tag, result, false));
        return result;
    }

    /** Takes the state of the snapshot in place of what was applied so far. */
    void restore(SnapshotMetadata snapshot) {
        machine.restore(snapshot.getIndex(), snapshot.getSnapshotId());
        node.restored(snapshot);
        requests.restored(snapshot.getIndex());
    }
}
