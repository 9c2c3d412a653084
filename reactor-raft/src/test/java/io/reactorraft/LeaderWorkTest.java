package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class LeaderWorkTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final Scheduler scheduler = Schedulers.newSingle("signals", true);
    private final SerialQueue signals = new SerialQueue(scheduler);
    private final LeadershipBroadcaster broadcaster = new LeadershipBroadcaster("default", signals);
    private final MemberDirectory members = new MemberDirectory(Member.voter("n1", "host1:7000"));
    private final LeaderWork work = new LeaderWork(broadcaster, members);
    private final List<String> order = Collections.synchronizedList(new ArrayList<>());

    @AfterEach
    void dispose() {
        scheduler.dispose();
    }

    @Test
    void workBeginsWithEachLeadershipAndIsCancelledBeforeAnybodySeesTheLoss() {
        broadcaster.flux().subscribe(shown -> order.add(shown.role() + " " + shown.term()));
        StepVerifier.create(work.whileLeader(this::endless))
                .then(() -> show(1, Role.FOLLOWER))
                .then(() -> show(2, Role.LEADER))
                .expectNext(2L)
                .then(() -> show(3, Role.FOLLOWER))
                .then(() -> show(4, Role.CANDIDATE))
                .then(() -> show(4, Role.LEADER))
                .expectNext(4L)
                .then(() -> broadcaster.end(4))
                .expectComplete()
                .verify(SOON);
        assertThat(order)
                .containsExactly(
                        "FOLLOWER 0",
                        "FOLLOWER 1",
                        "begins 2",
                        "LEADER 2",
                        "cancelled 2",
                        "FOLLOWER 3",
                        "CANDIDATE 4",
                        "begins 4",
                        "LEADER 4",
                        "cancelled 4",
                        "FOLLOWER 4");
    }

    @Test
    void leaderAgainWithoutAnybodyHavingSeenTheLossIsAnotherLeadership() {
        StepVerifier.create(work.whileLeader(this::endless))
                .then(() -> show(2, Role.LEADER))
                .expectNext(2L)
                .then(() -> show(5, Role.LEADER))
                .expectNext(5L)
                .thenCancel()
                .verify(SOON);
        awaitSignals();
        assertThat(order).containsExactly("begins 2", "cancelled 2", "begins 5", "cancelled 5");
    }

    /** What is cancelled from within a signal is cancelled when that signal is over, and the verifier returns before. */
    private void awaitSignals() {
        Mono.create(done -> signals.post(done::success)).block(SOON);
    }

    @Test
    void whoComesLateBeginsAtOnceAndEverySubscriptionHasWorkOfItsOwn() {
        show(2, Role.LEADER);
        Flux<Long> twice = work.whileLeader(this::endless);
        StepVerifier.create(Flux.merge(twice, twice))
                .expectNext(2L, 2L)
                .thenCancel()
                .verify(SOON);
        awaitSignals();
        assertThat(order).containsExactlyInAnyOrder("begins 2", "begins 2", "cancelled 2", "cancelled 2");
    }

    @Test
    void theWorkIsAskedForNoMoreThanItsSubscriberAsksFor() {
        show(2, Role.LEADER);
        AtomicInteger emitted = new AtomicInteger();
        Flux<Integer> counting =
                work.whileLeader(leadership -> Flux.range(1, 1_000).doOnNext(each -> emitted.incrementAndGet()));
        StepVerifier.create(counting, 0)
                .expectSubscription()
                .thenRequest(3)
                .expectNext(1, 2, 3)
                .then(() -> assertThat(emitted).hasValue(3))
                .thenRequest(1)
                .expectNext(4)
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void anErrorOfTheWorkEndsItAndLeavesLeadershipAsItIs() {
        show(2, Role.LEADER);
        StepVerifier.create(work.whileLeader(leadership -> Mono.error(new IllegalStateException("my own fault"))))
                .expectErrorMessage("my own fault")
                .verify(SOON);
        StepVerifier.create(work.whileLeader(leadership -> {
                    throw new IllegalStateException("not even begun");
                }))
                .expectErrorMessage("not even begun")
                .verify(SOON);
        assertThat(broadcaster.latest().leading()).isTrue();
    }

    @Test
    void workThatCompletesIsNotBegunAgainWithinTheSameLeadership() {
        AtomicInteger begun = new AtomicInteger();
        StepVerifier.create(work.whileLeader(leadership -> Mono.fromSupplier(begun::incrementAndGet)))
                .then(() -> show(2, Role.LEADER))
                .expectNext(1)
                .then(() -> show(3, Role.FOLLOWER))
                .then(() -> show(4, Role.LEADER))
                .expectNext(2)
                .then(() -> broadcaster.end(4))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void afterTheEndNothingBegins() {
        show(2, Role.LEADER);
        broadcaster.end(2);
        StepVerifier.create(work.whileLeader(this::endless)).expectComplete().verify(SOON);
        assertThat(order).isEmpty();
    }

    @Test
    void whoStopsCancelsTheWorkWhileItStillShowsItselfAsLeader() {
        show(2, Role.LEADER);
        StepVerifier.create(work.whileLeader(this::endless))
                .expectNext(2L)
                .then(() -> broadcaster.endLeaderWork(() -> order.add("all cancelled")))
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(broadcaster.flux().next())
                .expectNextMatches(Leadership::leading)
                .expectComplete()
                .verify(SOON);
        assertThat(order).containsExactly("begins 2", "cancelled 2", "all cancelled");
    }

    @Test
    void leaderOnlyWorkIsDoneByTheLeader() {
        show(2, Role.LEADER);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.just("in term " + leadership.term())))
                .expectNext("in term 2")
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.empty()))
                .expectComplete()
                .verify(SOON);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.error(new IllegalStateException("my own fault"))))
                .expectErrorMessage("my own fault")
                .verify(SOON);
    }

    @Test
    void elsewhereItFailsAtOnceAndSaysWhereToGo() {
        members.are(Roster.EMPTY.after(Genesis.entry(List.of(Member.voter("n2", "host2:7000")))));
        members.met(new Member("n2", "host2:7000", false, java.util.Map.of("http", "http://host2:8080")).toProto());
        broadcaster.show(new Leadership("default", 3, Role.FOLLOWER, "n2"));
        AtomicInteger begun = new AtomicInteger();
        StepVerifier.create(work.leaderOnly(leadership -> Mono.fromSupplier(begun::incrementAndGet)))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RaftException.NotLeader.class,
                                notLeader -> assertThat(notLeader.leader())
                                        .isEqualTo(new Member(
                                                "n2",
                                                "host2:7000",
                                                false,
                                                java.util.Map.of("http", "http://host2:8080")))))
                .verify(SOON);
        show(4, Role.CANDIDATE);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.fromSupplier(begun::incrementAndGet)))
                .expectErrorSatisfies(error -> assertThat(error)
                        .isInstanceOfSatisfying(
                                RaftException.NotLeader.class,
                                none -> assertThat(none.leader()).isNull()))
                .verify(SOON);
        assertThat(begun).hasValue(0);
    }

    @Test
    void lostMidwayItIsCancelledAndItsOutcomeUnknown() {
        show(2, Role.LEADER);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.<Long>never().doOnCancel(() -> order.add("cancelled"))))
                .expectSubscription()
                .then(() -> show(3, Role.FOLLOWER))
                .expectError(RaftException.OutcomeUnknown.class)
                .verify(SOON);
        assertThat(order).containsExactly("cancelled");
    }

    @Test
    void whoCancelsLeaderOnlyWorkCancelsIt() {
        show(2, Role.LEADER);
        StepVerifier.create(work.leaderOnly(leadership -> Mono.<Long>never()
                        .doOnSubscribe(subscription -> order.add("begins"))
                        .doOnCancel(() -> order.add("cancelled"))))
                .expectSubscription()
                .then(this::settle)
                .thenCancel()
                .verify(SOON);
        settle();
        assertThat(order).containsExactly("begins", "cancelled");
    }

    @Test
    void manyChangesLoseNoCancelAndNoBeginning() {
        StepVerifier.create(work.whileLeader(this::endless).count())
                .then(() -> LongStream.rangeClosed(1, 500)
                        .forEach(term -> show(term, term % 2 == 0 ? Role.LEADER : Role.FOLLOWER)))
                .then(() -> broadcaster.end(500))
                .expectNext(250L)
                .expectComplete()
                .verify(SOON);
        assertThat(order).hasSize(500);
        for (int i = 0; i < 500; i += 2) {
            assertThat(order.get(i)).isEqualTo("begins " + (i + 2));
            assertThat(order.get(i + 1)).isEqualTo("cancelled " + (i + 2));
        }
    }

    private Flux<Long> endless(Leadership leadership) {
        return Mono.just(leadership.term())
                .concatWith(Mono.never())
                .doOnSubscribe(subscription -> order.add("begins " + leadership.term()))
                .doOnCancel(() -> order.add("cancelled " + leadership.term()));
    }

    private void show(long term, Role role) {
        broadcaster.show(new Leadership("default", term, role, role == Role.LEADER ? "n1" : null));
    }

    /** Everything that was posted so far has happened. */
    private void settle() {
        StepVerifier.create(Mono.create(sink -> signals.post(sink::success)))
                .expectComplete()
                .verify(SOON);
    }
}
