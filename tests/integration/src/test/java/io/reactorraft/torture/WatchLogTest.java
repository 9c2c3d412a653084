package io.reactorraft.torture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.torture.WatchLog.Event;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What passes for a good stream, and what does not: a blind check would find every watch good. */
class WatchLogTest {
    private final WatchTruth truth = new WatchTruth();
    private final WatchLog all = new WatchLog("watcher", "");
    private final WatchLog some = new WatchLog("watcher of r", "r");

    @Test
    void whatComesOnceAndInOrderIsGood() {
        bookmark(all, 0);
        put(all, 1, "r1", "a");
        put(all, 2, "s1", "b");
        put(all, 3, "r1", "c");
        delete(all, 4, "s1");
        put(some, 1, "r1", "a");
        bookmark(some, 2);
        put(some, 3, "r1", "c");
        bookmark(some, 4);
        truth.acknowledged("s1", "b", 2);

        assertThatCode(() -> judge(4, entry(3, "r1", "c"))).doesNotThrowAnyException();
        assertThat(all.events()).isEqualTo(4);
    }

    @Test
    void whatComesTwiceIsSeenAtOnce() {
        put(all, 1, "r1", "a");
        put(all, 2, "r1", "b");
        all.opened();

        assertThatThrownBy(() -> put(all, 2, "r1", "b"))
                .isInstanceOf(ViolationException.class)
                .hasMessageContaining("up to 2, and then of revision 2");
    }

    @Test
    void whatComesOutOfOrderIsSeenAtOnce() {
        put(all, 1, "r1", "a");
        put(all, 3, "r1", "c");

        assertThatThrownBy(() -> put(all, 2, "r1", "b")).hasMessageContaining("out of order");
    }

    @Test
    void whatComesBehindABookmarkThatCoversItIsSeenAtOnce() {
        bookmark(some, 5);

        assertThatThrownBy(() -> put(some, 4, "r1", "a")).hasMessageContaining("up to 5, and then of revision 4");
        assertThatThrownBy(() -> bookmark(some, 4)).hasMessageContaining("up to 4");
    }

    @Test
    void anAcknowledgedWriteThatIsMissingIsSeen() {
        put(some, 1, "r1", "a");
        put(some, 3, "r1", "c");
        truth.acknowledged("r1", "b", 2);

        assertThatThrownBy(() -> truth.judge(List.of(some), 3, List.of(entry(3, "r1", "c"))))
                .hasMessageContaining("watcher of r missed Event[revision=2, key=r1, value=b]");
    }

    @Test
    void whatOnlyAnotherWatcherWasToldOfIsSeenToBeMissing() {
        put(all, 1, "r1", "a");
        put(all, 2, "r2", "b");
        bookmark(some, 2);

        assertThatThrownBy(() -> judge(2, entry(1, "r1", "a"), entry(2, "r2", "b")))
                .hasMessageContaining("watcher of r missed");
    }

    @Test
    void aRevisionThatNobodyWasToldOfIsSeenToBeMissing() {
        put(all, 1, "r1", "a");
        put(all, 3, "r1", "c");

        assertThatThrownBy(() -> truth.judge(List.of(all), 3, List.of(entry(3, "r1", "c"))))
                .hasMessageContaining("2 changes between revisions 0 and 3");
    }

    @Test
    void anotherValueThanTheAcknowledgedOneIsSeen() {
        truth.acknowledged("r1", "a", 1);
        put(all, 1, "r1", "z");

        assertThatThrownBy(() -> truth.judge(List.of(all), 1, List.of())).hasMessageContaining("revision 1 is");
    }

    @Test
    void anotherStateThanTheToldOneIsSeen() {
        put(all, 1, "r1", "a");
        delete(all, 2, "r1");

        assertThatThrownBy(() -> truth.judge(List.of(all), 2, List.of(entry(1, "r1", "a"))))
                .hasMessageContaining("something else than what is there");
    }

    @Test
    void whoIsNotToldOfTheEndIsSeen() {
        put(all, 1, "r1", "a");

        assertThatThrownBy(() -> truth.judge(List.of(all), 2, List.of()))
                .hasMessageContaining("no more than revision 1");
    }

    @Test
    void whoBeginsAgainOwesNothingOfTheGap() {
        put(some, 1, "r1", "a");
        truth.acknowledged("r1", "b", 2);
        some.restart(3, List.of(entry(2, "r1", "b")));
        put(some, 4, "r2", "c");

        assertThatCode(() -> truth.judge(List.of(some), 4, List.of(entry(2, "r1", "b"), entry(4, "r2", "c"))))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> some.restart(2, List.of())).hasMessageContaining("is of 2");
    }

    @Test
    void whoIsCutOffResumesWhereItIsTold() {
        put(all, 1, "r1", "a");
        assertThat(all.line("event: lagged")).isTrue();
        assertThat(all.line("data: {\"resume\":2}")).isTrue();
        assertThat(all.line("")).isFalse();

        assertThat(all.until()).isEqualTo(1);
    }

    @Test
    void whatAStreamLeavesUnfinishedCountsForNothing() {
        all.line("id: 1");
        all.line("event: put");
        all.opened();
        all.line("");

        assertThat(all.until()).isZero();
        put(all, 1, "r1", "a");
        assertThat(all.until()).isEqualTo(1);
    }

    @Test
    void anEventOfAnotherPrefixIsSeenAtOnce() {
        assertThatThrownBy(() -> put(some, 1, "s1", "a")).hasMessageContaining("nobody may get");
    }

    private void judge(long revision, Event... content) {
        truth.judge(List.of(all, some), revision, List.of(content));
    }

    private static Event entry(long revision, String key, String value) {
        return Event.of(revision, key, value);
    }

    private static void bookmark(WatchLog log, long revision) {
        log.line("id: " + revision);
        log.line("");
    }

    private static void put(WatchLog log, long revision, String key, String value) {
        String encoded = Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8));
        event(log, revision, "put", key, '"' + encoded + '"');
    }

    private static void delete(WatchLog log, long revision, String key) {
        event(log, revision, "delete", key, "null");
    }

    private static void event(WatchLog log, long revision, String type, String key, String value) {
        log.line("id: " + revision);
        log.line("event: " + type);
        log.line("data: {\"key\":\"" + key + "\",\"value\":" + value + ",\"revision\":" + revision + "}");
        log.line("");
    }
}
