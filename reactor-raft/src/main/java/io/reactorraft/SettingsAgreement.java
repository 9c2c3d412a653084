package io.reactorraft;

import io.reactorraft.proto.Payload;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has a leader propose its own settings to the group, where those that the log has put in force differ. */
final class SettingsAgreement<R> {
    private static final Logger LOG = LoggerFactory.getLogger(SettingsAgreement.class);

    private final NodeSettings settings;
    private final SharedSettings own;
    private final Applier<?, R> applier;
    private final PeerRequests.Entrance<R> entrance;
    private final AtomicBoolean underWay = new AtomicBoolean();

    SettingsAgreement(NodeSettings settings, Applier<?, R> applier, PeerRequests.Entrance<R> entrance) {
        this.settings = settings;
        this.own = SharedSettings.of(settings.config());
        this.applier = applier;
        this.entrance = entrance;
    }

    /** At every tick of this node's leadership. Loop only. */
    void look() {
        if (own.equals(applier.sharedSettings()) || !underWay.compareAndSet(false, true)) {
            return;
        }
        LOG.info("{} has the group change its settings to {}", settings.logPrefix(), own);
        Payload setting = Payload.newBuilder()
                .setKind(Payload.Kind.SETTING)
                .setBody(own.toProto().toByteString())
                .build();
        long limit = settings.config().requestTimeout().toNanos();
        entrance.proposeForwarded(List.of(setting), limit, new PendingProposal.Outcome<>() {
            @Override
            public void applied(long term, long index, @Nullable R result) {
                underWay.set(false);
            }

            @Override
            public void failed(RaftException failure) {
                underWay.set(false); // tried again at a later tick, if this node still leads
            }

            @Override
            public void withdrawn() {
                underWay.set(false);
            }
        });
    }
}
