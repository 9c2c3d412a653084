package io.reactorraft.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What leadership streams may show, and what not. */
class LeadershipRecordTest {
    private final LeadershipRecord record = new LeadershipRecord(new Finding());

    @AfterEach
    void close() {
        record.close();
    }

    @Test
    void whoWasRemovedLeadsNoLaterTerm() {
        leads("n1", 1, 3);
        record.removed("n1", 3);
        leads("n1", 1, 3);

        assertThatThrownBy(() -> leads("n1", 1, 4))
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining("n1 leads term 4, and was removed");
    }

    @Test
    void whoCameBackMayLead() {
        record.removed("n1", 3);
        record.welcome("n1");
        leads("n1", 2, 5);

        assertThat(record.leader()).isEqualTo("n1");
    }

    @Test
    void twoLeadersInATermAreSeen() {
        leads("n1", 1, 3);

        assertThatThrownBy(() -> leads("n2", 1, 3)).hasMessageContaining("two leaders in term 3");
    }

    @Test
    void aTermThatFallsIsSeenWithinALife() {
        leads("n1", 1, 3);

        assertThatThrownBy(() -> leads("n1", 1, 2)).hasMessageContaining("falls from 3 to 2");
        record.heard("n1", 2, "data: {\"group\":\"default\",\"term\":0,\"role\":\"follower\",\"leader\":null}");
    }

    private void leads(String id, int life, long term) {
        record.heard(
                id,
                life,
                "data: {\"group\":\"default\",\"term\":" + term + ",\"role\":\"leader\",\"leader\":\"" + id + "\"}");
    }
}
