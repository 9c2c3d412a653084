package io.reactorraft.testkit;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.LogRead;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.core.StepOutcome;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import io.reactorraft.spi.Transport;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A core and just enough around it to carry out what it wants: one start of one process. Half of the starts use
 * asynchronous storage writes, the others the plain mode.
 *
 * <p>What the runtime does not offer yet, or keeps within limits, is all used here: membership changes, learners,
 * snapshots, transfers, tiny limits, forwarded reads, delayed candidacy.
 */
final class CoreNode implements Transport.Receiver {
    static final String GROUP = "default";
    private static final long TICK_MILLIS = 100;
    private static final int MOST_DELAY_TICKS = 8;
    private static final int KEPT_CONFIGURATIONS = 4;

    private final String id;
    private final Surroundings around;
    private final Incarnation process;
    private final SimulatedDisk disk;
    private final SimulatedTransport transport;
    private final RawNode core;
    private final CoreMachine machine = new CoreMachine();
    private final boolean async;
    private final VirtualScheduler applyThread;
    private final Scheduler.Worker loopLane;
    private final CoreApplier applier;
    private final CoreRequests requests;
    private final CoreLease lease;
    private final CoreWatch watch;
    private final List<ConfState> configurations = new ArrayList<>();
    private boolean busy; // plain mode: a Ready is being carried out
    private boolean turning;
    private boolean snapshotWanted; // by a follower for whom there is none

    /** What all nodes of a simulation share. */
    record Surroundings(VirtualTime time, Safety safety, Outcomes outcomes, Story story, Agreed agreed, Rules rules) {}

    /** What all members of a group must do alike. */
    record Rules(boolean preVote, boolean checkQuorum, boolean stepDownOnRemoval, boolean leases) {
        static Rules any(Dice dice) {
            boolean checkQuorum = dice.permille(700);
            return new Rules(dice.permille(700), checkQuorum, dice.permille(500), checkQuorum && dice.permille(500));
        }
    }

    /** Where it is checked that a configuration change does the same everywhere. */
    interface Agreed {
        void configuration(String id, long index, ConfState state);
    }

    CoreNode(
            String id,
            Surroundings around,
            Incarnation process,
            SimulatedDisk disk,
            SimulatedNetwork network,
            Dice dice) {
        this.id = id;
        this.around = around;
        this.process = process;
        this.disk = disk;
        this.async = dice.permille(500);
        disk.belongsTo(process);
        disk.keepsAllInMemory(!async);
        this.transport = network.transport(id, process);
        this.applyThread = new VirtualScheduler(around.time, process, dice);
        this.loopLane = new VirtualScheduler(around.time, process, dice).createWorker();
        SnapshotMetadata mark = disk.snapshotMark(GROUP);
        if (mark.getIndex() > 0) {
            machine.restore(mark.getIndex(), mark.getSnapshotId());
        }
        this.core = new RawNode(
                config(dice), disk.view(GROUP), disk.hardState(GROUP), mark.getConfState(), mark.getIndex());
        this.lease =
                new CoreLease(core, process, TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS) * CoreWatch.ELECTION_TICKS);
        this.requests = new CoreRequests(id, core, machine, around.outcomes);
        this.applier = new CoreApplier(this, around, disk, machine, requests, applyThread.createWorker());
        this.watch = new CoreWatch(id, core, disk.log(GROUP), around.story, around.rules, async);
        keep(mark.getConfState());
    }

    private CoreConfig config(Dice dice) {
        return CoreConfig.builder(id)
                .electionTicks(CoreWatch.ELECTION_TICKS)
                .maxMessageBytes(dice.permille(200) ? 0 : dice.below(4_000))
                .maxCommittedBytes(dice.below(2_000))
                .maxUncommittedBytes(dice.permille(300) ? dice.between(100, 4_000) : 0)
                .maxInflightMessages((int) dice.between(1, 8))
                .maxInflightBytes(dice.permille(300) ? dice.between(4_000, 8_000) : 0)
                .preVote(around.rules.preVote)
                .checkQuorum(around.rules.checkQuorum)
                .candidacyDelayTicks(
                        around.rules.preVote && dice.permille(300) ? (int) dice.below(MOST_DELAY_TICKS) : 0)
                .stepDownOnRemoval(around.rules.stepDownOnRemoval)
                .leases(around.rules.leases)
                .proposalForwarding(false)
                .asyncStorageWrites(async)
                .seed(dice.nextLong())
                .build();
    }

    void start() {
        transport
                .start(
                        new Transport.Identity(
                                "simulated",
                                0,
                                Member.newBuilder()
                                        .setId(id)
                                        .addAddresses(id + ":1")
                                        .build(),
                                ByteString.EMPTY),
                        id)
                .subscribe(bound -> {}, error -> around.story.violation(id + " cannot listen: " + error));
        transport.join(GROUP, this);
        loopLane.schedulePeriodically(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
        turn(() -> {});
    }

    private void tick() {
        turn(() -> {
            core.tick();
            watch.ticked();
        });
        snapshotWanted |= core.wantsSnapshot();
        if (snapshotWanted) {
            snapshot(0);
        }
    }

    // ------------------------------------------------------------------------------------------- what it is asked

    String id() {
        return id;
    }

    Incarnation process() {
        return process;
    }

    RawNode core() {
        return core;
    }

    CoreMachine machine() {
        return machine;
    }

    void lagApplier(long nanos) {
        applyThread.lag(nanos);
    }

    /** Configurations in force now and a little before: what is handed on may rest on those. */
    List<ConfState> configurations() {
        return configurations;
    }

    void propose(Outcomes.Operation operation) {
        turn(() -> watch.proposing(() -> requests.propose(operation)));
    }

    void read(Outcomes.Operation operation) {
        turn(() -> {
            if (machine.appliedIndex() >= core.commitIndex() && lease.isHeld()) {
                operation.read(machine.commandIndex());
            } else {
                requests.read(operation, around.time.now());
            }
        });
    }

    void change(ConfChangeV2 change) {
        turn(() -> {
            StepOutcome outcome = core.proposeConfChange(change);
            around.story.tell(
                    id,
                    -30,
                    change.getChangesCount(),
                    () -> "is asked to change the members (" + outcome + "): " + Telling.of(change));
        });
    }

    void transferTo(String toId) {
        around.story.count(Happening.TRANSFER);
        around.story.tell(id, -31, toId.hashCode(), () -> "is asked to hand leadership to " + toId);
        turn(() -> watch.handingOver(() -> core.transferLeadership(toId)));
    }

    void campaign() {
        turn(core::campaign);
    }

    void forgetLeader() {
        turn(core::forgetLeader);
    }

    /** Makes a snapshot of what is applied and compacts the log before it, but for some entries. */
    void snapshot(long keptEntries) {
        long index = machine.appliedIndex();
        long term = disk.view(GROUP).term(index);
        // State and configuration must be of one index: not while a change is applied here and the core is yet to hear.
        if (index != core.appliedIndex()
                || index == 0
                || term < 0
                || index <= disk.snapshotMark(GROUP).getIndex()) {
            return;
        }
        snapshotWanted = false;
        around.story.count(Happening.SNAPSHOT);
        around.story.tell(id, -32, index, () -> "makes a snapshot of " + index);
        SnapshotMetadata snapshot = SnapshotMetadata.newBuilder()
                .setGroupId(GROUP)
                .setIndex(index)
                .setTerm(term)
                .setConfState(configurations.get(configurations.size() - 1))
                .setSnapshotId(machine.state())
                .build();
        disk.keep(GROUP, snapshot)
                .then(disk.compact(GROUP, index - keptEntries))
                .subscribe(nothing -> {}, this::diskFailed);
    }

    // ------------------------------------------------------------------------------------------ what others tell it

    @Override
    public void receive(Message message) {
        loopLane.schedule(() -> turn(() -> watch.step(message)));
    }

    @Override
    public void unreachable(String peerId) {
        loopLane.schedule(() -> turn(() -> core.reportUnreachable(peerId)));
    }

    @Override
    public void met(Member peer) {
        // a core knows its peers from the log
    }

    @Override
    public Mono<ByteBuffer> request(ByteBuffer body) {
        return Mono.error(new IllegalStateException("a bare core forwards nothing"));
    }

    /** The whole message is the content: its metadata alone would not say which term it is of. */
    @Override
    public Mono<Void> snapshot(SnapshotMetadata metadata, Flux<ByteBuffer> content) {
        return content.next()
                .doOnNext(bytes -> {
                    try {
                        receive(Message.parseFrom(bytes));
                    } catch (InvalidProtocolBufferException garbled) {
                        around.story.violation("a snapshot message arrived garbled: " + garbled);
                    }
                })
                .then();
    }

    // ------------------------------------------------------------------------------------------------- what it does

    /** Something happens to the core; then all it wants is handed on. */
    private void turn(Runnable event) {
        event.run();
        lease.moved();
        watch.moved();
        if (turning) {
            return; // what was handed on came back at once: the outer turn goes on with it
        }
        turning = true;
        while (!busy && core.hasReady()) {
            carryOut(core.ready());
        }
        turning = false;
    }

    private void carryOut(Ready ready) {
        watch.handed(ready);
        ready.logReads().forEach(this::read);
        ready.readStates().forEach(requests::confirmed);
        requests.answerReads();
        if (async) {
            for (Message message : ready.messages()) {
                switch (message.getTo()) {
                    case RawNode.APPEND_THREAD -> append(message);
                    case RawNode.APPLY_THREAD -> applier.apply(message);
                    default -> send(message);
                }
            }
        } else {
            carryOutPlain(ready);
        }
    }

    /** Plain mode: persist, then send, then apply, then advance. */
    private void carryOutPlain(Ready ready) {
        busy = true;
        SnapshotMetadata snapshot = ready.snapshot();
        HardState hard = ready.hardState();
        Mono<Void> installed = snapshot == null ? Mono.empty() : disk.mark(GROUP, snapshot);
        Mono<Void> written = hard == null && ready.entries().isEmpty()
                ? Mono.empty()
                : disk.append(GROUP, hard == null ? HardState.getDefaultInstance() : hard, ready.entries());
        installed.then(written).subscribe(nothing -> {}, this::diskFailed, () -> {
            ready.messages().forEach(this::send);
            applier.inOrder(() -> {
                if (snapshot != null) {
                    applier.restore(snapshot);
                }
                List<Entry> changes = applier.applied(ready.committedEntries());
                loopLane.schedule(() -> turn(() -> {
                    changes.forEach(this::applyChange);
                    core.advance();
                    busy = false;
                }));
            });
        });
    }

    private void append(Message work) {
        boolean stateless = work.getTerm() == 0 && work.getCommit() == 0;
        HardState hard = stateless
                ? HardState.getDefaultInstance()
                : HardState.newBuilder()
                        .setTerm(work.getTerm())
                        .setVote(work.getVote())
                        .setCommit(work.getCommit())
                        .build();
        if (work.hasSnapshot()) {
            disk.mark(GROUP, work.getSnapshot())
                    .subscribe(
                            nothing -> {},
                            this::diskFailed,
                            () -> applier.inOrder(() -> applier.restore(work.getSnapshot())));
        }
        disk.append(GROUP, hard, work.getEntriesList()).subscribe(nothing -> {}, this::diskFailed, () -> {
            if (work.hasSnapshot()) {
                applier.inOrder(() -> respond(work)); // behind the restoring
            } else {
                respond(work);
            }
        });
    }

    private void respond(Message work) {
        for (Message response : work.getResponsesList()) {
            if (response.getTo().equals(id)) {
                loopLane.schedule(() -> turn(() -> core.step(response)));
            } else {
                send(response);
            }
        }
    }

    /** The apply thread is done with these, all of what these responses wait for. */
    void applied(List<Entry> changes, List<Message> responses) {
        loopLane.schedule(() -> turn(() -> {
            changes.forEach(this::applyChange);
            responses.forEach(core::step);
        }));
    }

    private void applyChange(Entry entry) {
        try {
            ConfChangeV2 change = ConfChangeV2.parseFrom(entry.getData());
            var before = core.status().progress();
            ConfState state = core.applyConfChange(entry.getIndex(), change);
            if (entry.getIndex() > core.restoredIndex()) {
                watch.changed(before, state);
                keep(state);
                around.agreed.configuration(id, entry.getIndex(), state);
            }
        } catch (InvalidProtocolBufferException garbled) {
            around.story.violation("the change at index " + entry.getIndex() + " is garbled: " + garbled);
        }
    }

    /** The apply thread has taken the snapshot's state. */
    void restored(SnapshotMetadata snapshot) {
        keep(snapshot.getConfState());
        around.agreed.configuration(id, snapshot.getIndex(), snapshot.getConfState());
    }

    private void keep(ConfState state) {
        configurations.add(state);
        if (configurations.size() > KEPT_CONFIGURATIONS) {
            configurations.remove(0);
        }
    }

    private void send(Message message) {
        if (message.getType() != MessageType.MSG_SNAPSHOT) {
            transport.send(GROUP, message);
            return;
        }
        around.safety.sent(id, message);
        around.story.tell(id, message.getTypeValue(), message.getSnapshot().getIndex(), () -> Telling.of(message));
        transport
                .sendSnapshot(
                        message.getTo(),
                        message.getSnapshot(),
                        Flux.just(message.toByteString().asReadOnlyByteBuffer()))
                .subscribe(
                        nothing -> {},
                        error -> reported(message.getTo(), false),
                        () -> reported(message.getTo(), true));
    }

    private void reported(String peerId, boolean success) {
        loopLane.schedule(() -> turn(() -> watch.reporting(peerId, success)));
    }

    private void read(LogRead wanted) {
        disk.read(GROUP, wanted.from(), wanted.to(), wanted.maxBytes())
                .subscribe(entries -> loopLane.schedule(() -> turn(() -> core.logRead(wanted, entries))), error -> {
                    if (error instanceof DiskFailedException) {
                        diskFailed(error);
                    } else { // compacted in the meantime
                        loopLane.schedule(() -> turn(() -> core.logRead(wanted, List.of())));
                    }
                });
    }

    void diskFailed(Throwable error) {
        if (!(error instanceof DiskFailedException)) {
            around.story.violation(id + ": its disk refuses: " + error);
        } else if (!process.dead()) {
            around.story.count(Happening.DISK_FAILURE);
            around.story.tell(id, -33, 0, () -> "ends: " + error.getMessage());
            process.kill();
        }
    }

    boolean leads() {
        return core.role() == RaftRole.LEADER;
    }
}
