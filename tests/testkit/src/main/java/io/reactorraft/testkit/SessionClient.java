package io.reactorraft.testkit;

import io.reactorraft.Applied;
import io.reactorraft.RaftException;
import io.reactorraft.Session;
import java.util.concurrent.TimeUnit;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/**
 * Opens a session on one node, and tries each of its commands again until something is certain: after errors of any kind,
 * and while an earlier try is still on its way.
 *
 * <p>However often a command was tried, it has one number, so that {@link Outcomes} notices where it is applied twice.
 */
final class SessionClient<C, R> {
    private static final int MOST_TRIES = 5;
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(400);

    private final Clients<C, R> clients;
    private final SimulatedMember<C, R> member;
    private final Replica<C, R> replica;
    private final Runnable then;
    private long left;

    SessionClient(Clients<C, R> clients, SimulatedMember<C, R> member, Runnable then) {
        this.clients = clients;
        this.member = member;
        this.replica = member.replica();
        this.then = then;
        this.left = clients.dice().between(1, 5);
    }

    void begin() {
        member.node().session().subscribe(this::next, error -> then.run());
    }

    private void next(Session<C, R> session) {
        if (left-- > 0) {
            new Command(session).attempt(1);
        } else {
            session.close().subscribe(nothing -> {}, error -> then.run(), then);
        }
    }

    /** One command, which is applied once. */
    private final class Command {
        private final Session<C, R> session;
        private final Clients<C, R>.Question question;
        private final Mono<Applied<R>> once;

        Command(Session<C, R> session) {
            this.session = session;
            this.question = clients.question(member);
            this.once = session.propose(question.command());
        }

        void attempt(int number) {
            if (question.isSettled()) {
                return; // the node is gone, and the session with it
            }
            question.encodedNext();
            boolean[] answered = {false};
            Disposable trial = once.subscribe(
                    applied -> {
                        answered[0] = true;
                        applied(number, applied);
                    },
                    error -> {
                        answered[0] = true;
                        failed(number, error);
                    });
            if (number < MOST_TRIES && clients.dice().permille(300)) {
                clients.time().after(pause(), () -> {
                    if (!answered[0] && !question.isSettled()) {
                        trial.dispose(); // the client loses patience; nobody knows where its command is
                        attempt(number + 1);
                    }
                });
            }
        }

        private void applied(int number, Applied<R> applied) {
            if (number > 1) {
                clients.count(Happening.RETRY_SETTLED);
            }
            question.applied(applied, replica);
            next(session);
        }

        private void failed(int number, Throwable error) {
            boolean again = RaftException.retryable(error) || error instanceof RaftException.OutcomeUnknown;
            if (again && number < MOST_TRIES) {
                clients.time().after(pause(), () -> attempt(number + 1));
            } else {
                question.failed(error);
                next(session);
            }
        }

        private long pause() {
            return clients.dice().below(LONGEST_PAUSE_NANOS);
        }
    }
}
