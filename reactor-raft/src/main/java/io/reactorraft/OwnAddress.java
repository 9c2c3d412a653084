package io.reactorraft;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.Member;
import io.reactorraft.proto.MemberRequest;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;

/**
 * Has the group know this member at the address that it was started with. One that comes back elsewhere asks for that as it
 * once asked to be let in, and is called back in the same way. It looks only until both are seen to agree: from then on
 * whoever moves it by a request is in the right.
 *
 * <p><b>Threads.</b> Loop only.
 */
final class OwnAddress {
    private static final Logger LOG = LoggerFactory.getLogger(OwnAddress.class);

    /** After so many refusals it stays known where it is: it may have been moved there, and be started with an old flag. */
    static final int MAX_REFUSALS = 10;

    /** Between two questions, in election timeouts. */
    private static final int PAUSE_TIMEOUTS = 2;

    private final NodeSettings settings;
    private final NodeThreads threads;
    private final MemberDirectory directory;
    private final LocalMembership membership;
    private final AtomicBoolean asking = new AtomicBoolean();
    private final Disposable.Swap question = Disposables.swap();
    private final AtomicReference<String> lastReason = new AtomicReference<>("");
    private final AtomicInteger refusals = new AtomicInteger();
    private boolean agreed;

    OwnAddress(NodeSettings settings, NodeThreads threads, MemberDirectory directory, LocalMembership membership) {
        this.settings = settings;
        this.threads = threads;
        this.directory = directory;
        this.membership = membership;
    }

    /** Once a tick, with the data id of this node's disk. */
    void tick(RawNode core, ByteString dataId) {
        boolean another = !core.leaderId().isEmpty() && !core.leaderId().equals(settings.id());
        boolean knowsTheLatest =
                another && core.appliedIndex() == core.commitIndex(); // who leads cannot call itself back
        Member known = directory.roster().members().get(settings.id());
        if (agreed || !knowsTheLatest || known == null || !known.getDataId().equals(dataId)) {
            return;
        }
        Member self = settings.self().toProto();
        agreed = known.getAddressesList().equals(self.getAddressesList()) || refusals.get() >= MAX_REFUSALS;
        if (!agreed && asking.compareAndSet(false, true)) {
            question.update(ask(self.toBuilder()
                    .setLearner(known.getLearner())
                    .setDataId(dataId)
                    .build()));
        }
    }

    private Disposable ask(Member self) {
        MemberRequest request = MemberRequest.newBuilder()
                .setKind(MemberRequest.Kind.JOIN)
                .addMembers(self)
                .setRelayed(true) // this goes to the leader itself
                .build();
        return membership
                .passOn(request, settings.config().requestTimeout().toNanos())
                .doOnError(this::warn)
                .onErrorComplete()
                .then(Mono.delay(settings.config().electionTimeout().multipliedBy(PAUSE_TIMEOUTS), threads.timers()))
                .subscribe(over -> asking.set(false), never -> asking.set(false));
    }

    /** Of each reason once in a row: it goes on asking. */
    private void warn(Throwable refused) {
        String reason = String.valueOf(refused.getMessage());
        if (refused instanceof RaftException.Rejected) {
            refusals.incrementAndGet();
        }
        if (!reason.equals(lastReason.getAndSet(reason))) {
            LOG.warn("{} is not known at its address yet: {}", settings.logPrefix(), reason);
        }
    }

    void end() {
        question.dispose();
    }
}
