package io.reactorraft.testkit;

import io.reactorraft.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * Proposes a stream of commands on one node and asks for a few answers at a time. Sometimes its source fails, sometimes it
 * leaves.
 *
 * <p>Checked: no more is taken from the source than was asked for, or than the window allows; answers come in order, each
 * the true one; what is applied is a prefix ({@link CommandStream}); behind an error that says "not applied" nothing is.
 */
final class StreamClient<C, R> extends BaseSubscriber<Applied<R>> {
    private static final int LONGEST_STREAM = 16;
    private static final long LONGEST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

    private final Clients<C, R> clients;
    private final SimulatedMember<C, R> member;
    private final Replica<C, R> replica;
    private final int length;
    private final int window;
    private final boolean sourceFails;
    private final Runnable then;
    private final CommandStream stream;
    private final List<Clients<C, R>.Question> asked = new ArrayList<>();
    private int answered;
    private long demanded;
    private boolean over;

    /** The source was at fault, on purpose. */
    private static final class SourceFailedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        SourceFailedException() {
            super("the source fails (simulated)", null, true, false);
        }
    }

    /** {@code then} runs once, at the end; not where the node crashes first. */
    StreamClient(Clients<C, R> clients, SimulatedMember<C, R> member, int window, Runnable then) {
        this.clients = clients;
        this.member = member;
        this.replica = member.replica();
        this.length = (int) clients.dice().between(1, LONGEST_STREAM);
        this.window = window;
        this.sourceFails = clients.dice().permille(150);
        this.then = then;
        this.stream = clients.outcomes().stream();
    }

    void begin() {
        Flux<C> commands = Flux.range(0, length).map(i -> nextCommand());
        member.node()
                .proposeAll(sourceFails ? commands.concatWith(Flux.error(new SourceFailedException())) : commands)
                .subscribe(this);
    }

    private C nextCommand() {
        Clients<C, R>.Question next = clients.question(member);
        stream.add(next.tag());
        asked.add(next);
        check(
                asked.size() <= demanded,
                "is asked for command " + asked.size() + ", and only " + demanded + " answers were asked for");
        check(
                asked.size() - answered <= window,
                "is asked for command " + asked.size() + " after " + answered + " answers, and the window is "
                        + window);
        return next.encodedNext();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
        askForMore();
    }

    private void askForMore() {
        if (over) {
            return;
        }
        if (clients.dice().permille(15)) {
            end();
            cancel();
            left().forEach(Clients.Question::left);
            return;
        }
        long more = clients.dice().permille(400) ? length : clients.dice().between(1, 6);
        demanded += more;
        request(more);
        clients.time().after(clients.dice().below(LONGEST_REST_NANOS), this::askForMore);
    }

    @Override
    protected void hookOnNext(Applied<R> applied) {
        if (over) {
            return; // it was on its way when the client left
        }
        check(answered < asked.size(), "has more answers than commands");
        asked.get(answered++).applied(applied, replica);
    }

    @Override
    protected void hookOnError(Throwable error) {
        end();
        clients.count(Happening.STREAM_BROKEN);
        if (error instanceof SourceFailedException) {
            check(answered == asked.size(), "ends as its source does, after " + answered + " of " + asked.size());
        } else {
            left().forEach(question -> question.failed(error));
        }
    }

    @Override
    protected void hookOnComplete() {
        end();
        clients.count(Happening.STREAM_COMPLETED);
        check(answered == length, "is complete after " + answered + " of " + length);
    }

    private List<Clients<C, R>.Question> left() {
        return List.copyOf(asked.subList(answered, asked.size()));
    }

    private void end() {
        over = true;
        then.run();
    }

    private void check(boolean holds, String otherwise) {
        if (!holds) {
            clients.violation("a stream on " + member.id() + " " + otherwise);
        }
    }
}
