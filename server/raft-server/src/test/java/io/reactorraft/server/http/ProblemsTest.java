package io.reactorraft.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Member;
import io.reactorraft.MembershipRefusal;
import io.reactorraft.RaftException;
import io.reactorraft.RefusedMembership;
import io.reactorraft.server.api.Problems;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;

/** The table of problems, from the node's errors to what clients see. */
class ProblemsTest {

    @Test
    void withoutALeaderNothingWasApplied() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.NotLeader("nobody leads", null));
            HttpFixture.Response put = http.put("/v1/kv/a", "1");
            assertThat(put.isProblem(503, "no-leader", "no").path("leader").isNull())
                    .isTrue();
            assertThat(put.header("retry-after")).isEqualTo("1");
            http.get("/v1/kv/a").isProblem(503, "no-leader", "no");

            http.node.failing(new RaftException.NotLeader("n2 leads", Member.voter("n2", "127.0.0.1:7002")));
            assertThat(http.put("/v1/kv/a", "1")
                            .isProblem(503, "no-leader", "no")
                            .path("leader")
                            .asText())
                    .isEqualTo("n2");
        }
    }

    @Test
    void overloadSaysWhenToComeBackInWholeSeconds() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.Overloaded("full", Duration.ofMillis(1200)));
            HttpFixture.Response put = http.put("/v1/kv/a", "1");
            put.isProblem(503, "overloaded", "no");
            assertThat(put.header("retry-after")).isEqualTo("2");
        }
    }

    @Test
    void anUnknownOutcomeIsSaidToBeUnknown() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.OutcomeUnknown("leadership was lost"));
            http.put("/v1/kv/a", "1").isProblem(504, "outcome-unknown", "unknown");
            http.delete("/v1/kv/a").isProblem(504, "outcome-unknown", "unknown");
            http.get("/v1/kv/a").isProblem(504, "timeout", "no");
        }
    }

    @Test
    void aStoppedNodeIsNotReady() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.Stopped("stopped", null));
            HttpFixture.Response put = http.put("/v1/kv/a", "1");
            put.isProblem(503, "not-ready", "no");
            assertThat(put.header("retry-after")).isEqualTo("1");
        }
    }

    @Test
    void aRejectedCommandIsInvalid() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new RaftException.Rejected("too large for the log"));
            assertThat(http.put("/v1/kv/a", "1")
                            .isProblem(400, "invalid", "no")
                            .path("detail")
                            .asText())
                    .isEqualTo("too large for the log");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "QUORUM_AT_RISK, 409, quorum-at-risk",
        "ID_USED, 409, id-used",
        "UNREACHABLE, 409, unreachable",
        "NOT_A_MEMBER, 404, not-found",
        "REFUSED, 409, refused"
    })
    void aChangeOfTheMembersIsRefusedByName(MembershipRefusal refusal, int status, String type) {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.membership.failure = Mono.error(RefusedMembership.of(refusal, "because of n2"));
            assertThat(http.delete("/v1/members/n2")
                            .isProblem(status, type, "no")
                            .path("detail")
                            .asText())
                    .isEqualTo("because of n2");
        }
    }

    @Test
    void aChangeOfTheMembersThatIsNotDoneInTimeGoesOnByItself() {
        try (HttpFixture http = new HttpFixture(Duration.ofMillis(300), HttpSettings.Limits.DEFAULTS).running()) {
            AtomicBoolean asked = new AtomicBoolean();
            http.node.membership.failure = HttpFixture.neverTelling(asked);
            HttpFixture.reaching(asked, () -> http.delete("/v1/members/n2"))
                    .isProblem(504, "outcome-unknown", "unknown");
            http.node.membership.failure = Mono.error(new RaftException.OutcomeUnknown("it goes on"));
            http.delete("/v1/members/n2").isProblem(504, "outcome-unknown", "unknown");
        }
    }

    @Test
    void whatNobodyForesawIsInternalAndKeepsItsSecrets() {
        try (HttpFixture http = new HttpFixture().running()) {
            http.node.failing(new IllegalStateException("password=hunter2"));
            HttpFixture.Response put = http.put("/v1/kv/a", "1");
            put.isProblem(500, "internal", "unknown");
            assertThat(put.body()).doesNotContain("hunter2");
            http.get("/v1/kv/a").isProblem(500, "internal", "no");
        }
    }

    @Test
    void aNodeThatDoesNotAnswerCostsNoMoreThanTheRequestTimeout() {
        try (HttpFixture http = new HttpFixture(Duration.ofMillis(300), HttpSettings.Limits.DEFAULTS).running()) {
            AtomicBoolean asked = new AtomicBoolean();
            http.node.before(HttpFixture.neverTelling(asked));
            HttpFixture.reaching(asked, () -> http.put("/v1/kv/a", "1")).isProblem(504, "outcome-unknown", "unknown");
            http.get("/v1/kv/a").isProblem(504, "timeout", "no");
        }
    }

    @Test
    void errorsWithoutAMessageStillSaySomething() {
        assertThat(Problems.of(new TimeoutException(), false)).hasMessage("TimeoutException");
    }
}
