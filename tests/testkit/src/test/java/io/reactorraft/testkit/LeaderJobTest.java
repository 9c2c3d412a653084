package io.reactorraft.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.Leadership;
import io.reactorraft.Role;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What leader-only work must not do is noticed. */
class LeaderJobTest {
    private final VirtualTime time = new VirtualTime();
    private final Story story = new Story(time, null);
    private final Map<Long, String> workers = new HashMap<>();
    private final LeaderJob job = job("n1");

    @Test
    void workThatIsCancelledBeforeTheLossIsShown() {
        job.began(leader(3));
        job.shown(leader(3));
        job.ended("is cancelled");
        job.shown(follower(4));
        job.nodeEnded();
        assertThat(story.violation()).isNull();
        assertThat(story.counts()).containsEntry(Happening.LEADER_WORK, 1L);
    }

    @Test
    void workThatStillRunsWhenTheLossIsShown() {
        job.began(leader(3));
        job.shown(follower(4));
        assertThat(story.violation()).contains("shows FOLLOWER of term 4, and its work of term 3 was not cancelled");
    }

    @Test
    void workThatBeginsBeforeThatOfAnEarlierTermHasEnded() {
        job.began(leader(3));
        job.began(leader(5));
        assertThat(story.violation()).contains("work of term 5 begins, and that of term 3 still runs");
    }

    @Test
    void workOfTwoNodesInOneTerm() {
        job.began(leader(3));
        job("n2").began(leader(3));
        assertThat(story.violation()).contains("n2 its work of term 3 begins, and n1 worked in that term");
    }

    @Test
    void workOfOneThatDoesNotLead() {
        job.began(follower(3));
        assertThat(story.violation()).contains("work begins, and it is FOLLOWER");
    }

    @Test
    void aLeaderWhoseWorkHasNotBegun() {
        job.shown(leader(3));
        assertThat(story.violation()).contains("its work has not begun");
    }

    @Test
    void workThatOutlivesItsNode() {
        job.began(leader(3));
        job.nodeEnded();
        assertThat(story.violation()).contains("has ended, and its work of term 3 runs on");
    }

    private LeaderJob job(String id) {
        return new LeaderJob(
                id, new Incarnation(time, 0, 0), new LeaderJob.Surroundings(time, new Dice(1), story, workers));
    }

    private static Leadership leader(long term) {
        return new Leadership("default", term, Role.LEADER, "n1");
    }

    private static Leadership follower(long term) {
        return new Leadership("default", term, Role.FOLLOWER, null);
    }
}
