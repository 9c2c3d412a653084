package io.reactorraft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RaftConfigTest {

    @Test
    void aWitherChangesOneThingInACopy() {
        RaftConfig changed = RaftConfig.defaults().withRequestTimeout(Duration.ofSeconds(3));
        assertThat(changed.requestTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(changed.electionTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(RaftConfig.defaults().requestTimeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void theElectionTimeoutIsCountedInHeartbeats() {
        assertThat(RaftConfig.defaults().electionTicks()).isEqualTo(10);
        assertThat(RaftConfig.defaults()
                        .withTimeouts(Duration.ofMillis(10), Duration.ofMillis(50))
                        .electionTicks())
                .isEqualTo(5);
    }

    @Test
    void whatMakesNoSenseIsRefusedByName() {
        RaftConfig defaults = RaftConfig.defaults();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withElectionTimeout(Duration.ofMillis(200)))
                .withMessageContaining("electionTimeout must be at least 3 heartbeat intervals");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withRequestTimeout(Duration.ZERO))
                .withMessageContaining("requestTimeout");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withMaxInflightBytes(1))
                .withMessageContaining("maxInflightBytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withMaxPendingBytes(1))
                .withMessageContaining("maxPendingBytes");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withMaxProposalBytes(9L << 20))
                .withMessageContaining("maxProposalBytes");
    }

    @Test
    void whatTheGroupAgreesOnAndWhatBoundsAStreamIsCheckedToo() {
        RaftConfig defaults = RaftConfig.defaults();
        assertThat(SharedSettings.of(defaults)).isEqualTo(SharedSettings.AT_FIRST);
        assertThat(defaults.withLeaseReads(true).leaseReads()).isTrue();
        assertThat(defaults.proposeAllWindow()).isEqualTo(256);
        assertThat(defaults.slowSync()).isEqualTo(Duration.ofSeconds(1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withSessionTimeout(Duration.ZERO))
                .withMessageContaining("sessionTimeout");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withSlowSync(Duration.ZERO))
                .withMessageContaining("slowSync");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withProposeAllWindow(0))
                .withMessageContaining("proposeAllWindow");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withMaxSessions(0))
                .withMessageContaining("maxSessions");
    }
}
