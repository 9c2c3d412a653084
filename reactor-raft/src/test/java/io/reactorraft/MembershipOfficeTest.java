package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.reactorraft.core.CoreConfig;
import io.reactorraft.core.RaftRole;
import io.reactorraft.core.RawNode;
import io.reactorraft.core.Ready;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.HardState;
import io.reactorraft.proto.MemberList;
import io.reactorraft.proto.MemberRequest;
import io.reactorraft.proto.Payload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What a leader proposes between a request and its entry being applied: the moments that whole nodes rarely show. */
class MembershipOfficeTest {
    private static final RaftConfig CONFIG = RaftConfig.defaults();
    private static final long NOW = 5 * CONFIG.electionTimeout().toNanos();
    private static final long FAR = Long.MAX_VALUE / 2;
    private static final List<Member> MEMBERS = List.of(
            Member.voter("n1", "host1:7000"), Member.voter("n2", "host2:7000"), Member.voter("n3", "host3:7000"));
    private static final Roster THREE = Roster.EMPTY.after(Genesis.entry(MEMBERS));

    private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
    private final MemoryLog log = new MemoryLog(time, "n1");
    private final RawNode core = new RawNode(
            CoreConfig.builder("n1").seed(1).build(),
            log,
            HardState.getDefaultInstance(),
            ConfState.newBuilder().addVoters("n1").build(),
            0);
    private final List<RaftException> refused = new ArrayList<>();
    private int done;
    private final List<MemberList> proposed = new ArrayList<>();
    private final List<PendingProposal.Outcome<Long>> outcomes = new ArrayList<>();
    private final MembershipOffice<Long> office = new MembershipOffice<>(
            new NodeSettings(
                    "test", "default", MEMBERS.get(0), "host1:7000", MEMBERS, Path.of("nowhere"), CONFIG, null, null),
            new Entrance(),
            new MemberDirectory(MEMBERS.get(0)));

    private final class Entrance implements PeerRequests.Entrance<Long> {
        @Override
        public void proposeForwarded(List<Payload> drafts, long limitNanos, PendingProposal.Outcome<Long> outcome) {
            try {
                proposed.add(MemberList.parseFrom(drafts.get(0).getBody()));
            } catch (InvalidProtocolBufferException garbled) {
                throw new AssertionError(garbled);
            }
            outcomes.add(outcome);
        }

        @Override
        public Mono<Void> beginHandover(String toId) {
            throw new AssertionError("nobody asks");
        }

        @Override
        public Mono<Void> changeMembers(MemberRequest request, long limitNanos) {
            throw new AssertionError("nobody asks");
        }

        @Override
        public void onLoop(Runnable work) {
            work.run();
        }
    }

    @BeforeEach
    void leads() {
        core.campaign();
        settle();
        assertThat(core.role()).isEqualTo(RaftRole.LEADER);
        office.look(core, THREE, 0);
    }

    @Test
    void theNextRequestBuildsOnTheOneBeforeItAlthoughThatIsNotAppliedYet() {
        ask(MemberRequest.Kind.ADD, Member.learner("n4", "host4:7000"));
        ask(MemberRequest.Kind.ADD, Member.learner("n5", "host5:7000"));
        office.look(core, THREE, NOW);
        assertThat(proposed).hasSize(1);
        long index = core.lastIndex() + 3;
        outcomes.get(0).applied(core.term(), index, null);
        office.look(core, THREE, NOW);
        assertThat(proposed).as("the members do not hold the first one yet").hasSize(1);
        while (core.appliedIndex() < index) {
            core.propose(List.of(ByteString.copyFromUtf8("other things")));
            settle();
        }
        office.look(core, THREE.aimingAt(proposed.get(0)), NOW);
        assertThat(proposed).hasSize(2);
        assertThat(proposed.get(1).getMembersList())
                .extracting(io.reactorraft.proto.Member::getId)
                .containsExactlyInAnyOrder("n1", "n2", "n3", "n4", "n5");
    }

    @Test
    void noStepOfAnOlderGoalIsTakenOnceANewerOneIsAskedFor() {
        MemberList older = MemberList.newBuilder()
                .addAllMembers(MEMBERS.stream().map(Member::toProto).toList())
                .addMembers(Member.learner("n4", "host4:7000").toProto())
                .build();
        long before = core.lastIndex();
        ask(MemberRequest.Kind.RECONCILE, MEMBERS.toArray(Member[]::new));
        office.look(core, THREE.aimingAt(older), NOW);
        assertThat(proposed).hasSize(1);
        assertThat(core.lastIndex()).as("n4 is not added behind it").isEqualTo(before);
        outcomes.get(0).failed(new RaftException.Overloaded("not now", Duration.ofSeconds(1)));
        office.look(core, THREE.aimingAt(older), NOW);
        assertThat(core.lastIndex())
                .as("the older goal counts again where the newer one was not taken")
                .isEqualTo(before + 1);
    }

    @Test
    void whatIsDoneAlreadyIsSaidOnceAnEntryShowsThatItStillLeads() {
        ask(MemberRequest.Kind.REMOVE, Member.voter("n9", "host9:7000")); // as the members are here, it is no member
        office.look(core, THREE, NOW);
        assertThat(done).isZero();
        assertThat(proposed).hasSize(1);
        core.propose(List.of(ByteString.copyFromUtf8("the target")));
        settle();
        outcomes.get(0).applied(core.term(), core.lastIndex(), null);
        office.look(core, THREE.aimingAt(proposed.get(0)), NOW);
        assertThat(done).isOne();
    }

    @Test
    void whatADeposedLeaderTakesForDoneIsNotSaid() {
        ask(MemberRequest.Kind.REMOVE, Member.voter("n9", "host9:7000"));
        office.look(core, THREE, NOW);
        outcomes.get(0).failed(new RaftException.OutcomeUnknown("another one leads"));
        assertThat(done).isZero();
        assertThat(refused).singleElement().isInstanceOf(RaftException.OutcomeUnknown.class);
    }

    @Test
    void aRequestThatWaitedForTooLongIsNotCarriedOutAnyMore() {
        ask(MemberRequest.Kind.ADD, Member.learner("n4", "host4:7000"));
        office.look(core, THREE, FAR);
        assertThat(proposed).isEmpty();
        assertThat(refused)
                .singleElement()
                .isInstanceOfSatisfying(
                        RaftException.Overloaded.class,
                        late -> assertThat(late).hasMessageContaining("took all of the request's time"));
    }

    private void ask(MemberRequest.Kind kind, Member... members) {
        MemberRequest.Builder request = MemberRequest.newBuilder().setKind(kind);
        for (Member each : members) {
            request.addMembers(each.toProto());
        }
        office.request(core, request.build(), FAR, new MembershipOffice.Told() {
            @Override
            public void done() {
                done++;
            }

            @Override
            public void failed(RaftException why) {
                refused.add(why);
            }
        });
    }

    private void settle() {
        while (core.hasReady()) {
            Ready ready = core.ready();
            HardState state = ready.hardState();
            log.append("default", state == null ? log.hardState("default") : state, ready.entries())
                    .subscribe();
            time.advanceTimeBy(Duration.ofSeconds(1));
            core.advance();
        }
    }
}
