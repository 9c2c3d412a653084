package io.reactorraft.server.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.reactorraft.Alarm;
import io.reactorraft.Leadership;
import io.reactorraft.Member;
import io.reactorraft.Peer;
import io.reactorraft.RaftStatus;
import io.reactorraft.Role;
import io.reactorraft.SnapshotMeta;
import io.reactorraft.server.kv.Change;
import io.reactorraft.server.kv.Divergence;
import io.reactorraft.server.kv.StoreView;
import io.reactorraft.server.kv.Versioned;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Settings;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Answers as JSON, the same on every face. Fields are only ever added. */
public final class Documents {

    private Documents() {}

    /** What a put came to. */
    public static ObjectNode put(Result result) {
        ObjectNode body = Json.object();
        body.put("revision", result.getRevision());
        body.put("term", result.getTerm());
        body.put("index", result.getIndex());
        return body;
    }

    /** What a delete came to. */
    public static ObjectNode deleted(Result result) {
        ObjectNode body = Json.object();
        body.put("revision", result.getRevision());
        body.put("deleted", result.getDeleted());
        return body;
    }

    /** An entry, whose value is base64; null where it was deleted. */
    public static ObjectNode entry(ByteString key, @Nullable Versioned value, long revision) {
        ObjectNode body = Json.object();
        body.put("key", key.toStringUtf8());
        body.put(
                "value",
                value == null
                        ? null
                        : Base64.getEncoder().encodeToString(value.value().toByteArray()));
        body.put("revision", revision);
        return body;
    }

    /** What a watcher is told of a change. */
    public static ObjectNode change(Change change) {
        return entry(change.key(), change.value(), change.revision());
    }

    /** A part of a range, as it was at a revision. */
    public static ObjectNode page(long revision, StoreView.Page page) {
        ObjectNode body = Json.object();
        body.put("revision", revision);
        ArrayNode entries = body.putArray("entries");
        for (StoreView.Entry entry : page.entries()) {
            entries.add(entry(entry.key(), entry.value(), entry.value().revision()));
        }
        body.put("more", page.more());
        return body;
    }

    /** Who leads. */
    public static ObjectNode leadership(Leadership leadership) {
        ObjectNode body = Json.object();
        body.put("group", leadership.groupId());
        body.put("term", leadership.term());
        body.put("role", leadership.role().name().toLowerCase(Locale.ROOT));
        body.put("leader", leadership.leaderId());
        return body;
    }

    /** A snapshot that was taken. */
    public static ObjectNode snapshot(SnapshotMeta snapshot) {
        ObjectNode body = Json.object();
        body.put("index", snapshot.index());
        body.put("bytes", snapshot.bytes());
        body.put("term", snapshot.term());
        return body;
    }

    /**
     * Who belongs to the cluster.
     *
     * @param dataId by which data directory this member is known; empty: none yet
     */
    public static ObjectNode members(List<Member> members, UnaryOperator<String> dataId) {
        ObjectNode body = Json.object();
        ArrayNode all = body.putArray("members");
        for (Member member : members) {
            ObjectNode each = all.addObject();
            each.put("id", member.id());
            each.put("address", member.address());
            each.put("http", member.tags().get("http"));
            each.put("learner", member.learner());
            each.put("voter", !member.learner());
            String known = dataId.apply(member.id());
            each.put("dataId", known.isEmpty() ? null : known);
        }
        return body;
    }

    /** What the store depends on. */
    public static ObjectNode settings(Settings settings) {
        ObjectNode body = Json.object();
        body.put("version", settings.getVersion());
        body.put("quota", settings.getQuotaBytes());
        body.put("history", settings.getHistory());
        body.put("idempotencyWindow", text(Duration.ofMillis(settings.getIdempotencyWindowMillis())));
        body.put("leaseReads", settings.getLeaseReads());
        return body;
    }

    /** As settings and flags are written: {@code 10m}, {@code 90s}. */
    private static String text(Duration duration) {
        if (duration.toMillis() % 1_000 != 0) {
            return duration.toMillis() + "ms";
        }
        return duration.toSeconds() % 60 == 0 ? duration.toMinutes() + "m" : duration.toSeconds() + "s";
    }

    /** The node at this moment, as it sees itself and its peers. */
    public static ObjectNode status(Replica replica, String version) {
        RaftStatus status = replica.node().status();
        ObjectNode body = Json.object();
        body.put("id", replica.node().id());
        body.put("clusterId", replica.clusterId());
        body.put("version", version);
        body.put("term", status.leadership().term());
        body.put("role", status.leadership().role().name().toLowerCase(Locale.ROOT));
        body.put("leader", status.leadership().leaderId());
        body.put("commitIndex", status.commitIndex());
        body.put("appliedIndex", status.appliedIndex());
        body.put("lastIndex", status.lastIndex());
        body.put("firstIndex", status.firstIndex());
        body.put("revision", replica.store().revision());
        body.put("compactedRevision", replica.store().compactedRevision());
        timers(body, status.timers());
        ArrayNode alarms = body.putArray("alarms");
        for (Alarm alarm : status.alarms()) {
            ObjectNode own = alarms.addObject();
            own.put("kind", alarm.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            own.put("node", replica.node().id());
            own.put("message", alarm.message());
        }
        divergence(alarms, replica.store().divergence());
        ArrayNode members = body.putArray("members");
        boolean leads = status.leadership().role() == Role.LEADER;
        status.peers().forEach(peer -> member(members.addObject(), peer, leads));
        return body;
    }

    private static void timers(ObjectNode body, RaftStatus.@Nullable Timers timers) {
        if (timers != null) {
            body.put("electionInMillis", timers.election().toMillis());
            body.put("heartbeatInMillis", millis(timers.heartbeat()));
        }
    }

    private static void divergence(ArrayNode alarms, @Nullable Divergence divergence) {
        if (divergence == null) {
            return;
        }
        for (String member : divergence.members()) {
            ObjectNode alarm = alarms.addObject();
            alarm.put("kind", "divergence");
            alarm.put("node", member);
            alarm.put("index", divergence.index());
            alarm.put(
                    "message",
                    "the state of " + member + " differed at index " + divergence.index()
                            + ": take it out of the cluster, keep its data, and replace it");
        }
    }

    /** Only a leader knows how far its peers are, and who of them is alive; elsewhere that is null, not a guess. */
    private static void member(ObjectNode body, Peer peer, boolean leads) {
        Peer.Progress progress = peer.progress();
        body.put("id", peer.member().id());
        body.put("address", peer.member().address());
        body.put("http", peer.member().tags().get("http"));
        body.put("voter", !peer.member().learner());
        body.put("match", progress == null ? null : progress.match());
        body.put("state", progress == null ? null : progress.state());
        body.put("active", leads ? peer.active() : null);
        body.put("silentMillis", millis(peer.silence()));
        contact(body, peer.contact());
        standing(body, peer.standing());
    }

    /** How this node reaches the member; nothing of itself. */
    private static void contact(ObjectNode body, Peer.@Nullable Contact contact) {
        if (contact != null) {
            body.put("reachable", contact.reachable());
            body.put("since", contact.since().toString());
            body.put("lastFailure", contact.lastFailure());
            body.put(
                    "lastFailureAt",
                    contact.lastFailureAt() == null
                            ? null
                            : contact.lastFailureAt().toString());
            body.put(
                    "roundTripMicros",
                    contact.roundTrip() == null ? null : contact.roundTrip().toNanos() / 1_000);
            body.put("clockSkewMillis", millis(contact.clockSkew()));
        }
    }

    /** Where the member says that it stands. */
    private static void standing(ObjectNode body, Peer.@Nullable Standing standing) {
        if (standing != null) {
            body.put("role", standing.role().name().toLowerCase(Locale.ROOT));
            body.put("term", standing.term());
            body.put("votedFor", standing.votedFor());
            body.put("leader", standing.leaderId());
        }
    }

    private static @Nullable Long millis(@Nullable Duration duration) {
        return duration == null ? null : duration.toMillis();
    }
}
