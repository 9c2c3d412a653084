package io.reactorraft.server.cli;

import io.reactorraft.Member;
import io.reactorraft.server.Durations;
import io.reactorraft.server.HostPort;
import io.reactorraft.server.ServerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes a configuration of the settings, and refuses what contradicts itself or opens more than it may: each an {@link
 * IllegalArgumentException} of one line that names the flags. May resolve host names, so it may block.
 */
final class ServeSettings {

    private static final Pattern INDEX = Pattern.compile("[1-9][0-9]{0,17}");
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}");

    /** Fewer, and one lost heartbeat starts an election. */
    private static final int MIN_HEARTBEATS_PER_ELECTION = 3;

    private static final long MIN_SNAPSHOT_BYTES = 64L << 10;

    private final ServeOptions options;

    private ServeSettings(ServeOptions options) {
        this.options = options;
    }

    /** {@code report} is told what a forced new cluster did. */
    static ServerConfig check(ServeOptions options, Consumer<String> report) {
        return new ServeSettings(options).config(report);
    }

    private ServerConfig config(Consumer<String> report) {
        requireId("--id", options.id);
        refuse(options.clusterId.isBlank() || options.clusterId.length() > 255, "--cluster-id has 1 to 255 characters");
        refuse(options.dataDir.toString().isBlank(), "--data-dir must name a directory");
        checkTiming();
        refuse(options.snapshotEntries < 0, "--snapshot-entries " + options.snapshotEntries + " is below 0");
        refuse(
                options.snapshotBytes < MIN_SNAPSHOT_BYTES,
                "--snapshot-bytes " + options.snapshotBytes
                        + " is less than 64KiB, so small that nothing else would be done");
        String initialCluster = initialCluster();
        List<Member> members = members(initialCluster);
        Member self = self(members);
        refuse(
                self == null && options.peerListen == null,
                "--peer-listen is missing: " + options.id + " joins the cluster and must be reached by its members");
        HostPort listen = options.peerListen != null || self == null
                ? Objects.requireNonNull(options.peerListen)
                : HostPort.parse(self.address());
        refuse(
                self == null && options.peerAdvertise == null && listen.isWildcard(),
                "--peer-advertise is missing: nobody can connect to --peer-listen " + listen);
        checkPeerAddresses(listen);
        checkOpenness(listen, members);
        return new ServerConfig(
                options.id,
                options.dataDir,
                options.clusterId,
                listen,
                options.peerAdvertise,
                options.httpListen,
                options.httpAdvertise,
                members,
                new ServerConfig.Timing(options.heartbeat, options.electionTimeout, options.requestTimeout),
                new ServerConfig.Ports(options.rsocketListen, options.metricsListen),
                new ServerConfig.Snapshots(options.snapshotBytes, options.snapshotEntries),
                new ServerConfig.Join(seeds(), options.learner),
                force(report));
    }

    private ServerConfig.@Nullable Force force(Consumer<String> report) {
        String asked = options.forceNewCluster;
        if (asked.isEmpty()) {
            return null;
        }
        int at = asked.lastIndexOf('@');
        refuse(
                at < 1 || !INDEX.matcher(asked.substring(at + 1)).matches(),
                "--force-new-cluster: '" + asked + "' is not ID@LASTINDEX, as 'raft-server wal inspect' shows them");
        String id = asked.substring(0, at);
        requireId("--force-new-cluster:", id);
        return new ServerConfig.Force(id, Long.parseLong(asked.substring(at + 1)), report);
    }

    /** Of an empty data directory the flag says how its cluster starts; any other one knows. */
    private String initialCluster() {
        MemberFile known = MemberFile.read(options.dataDir);
        if (known != null && known.isOf(options.id, options.clusterId)) {
            return known.initialCluster();
        }
        refuse(
                options.initialCluster.isEmpty() && known != null,
                "--data-dir " + options.dataDir + " belongs to "
                        + (known == null ? "" : known.id() + " of cluster " + known.clusterId()) + ", not to "
                        + options.id
                        + " of " + options.clusterId);
        refuse(
                options.initialCluster.isEmpty() && options.join.isEmpty(),
                "'--initial-cluster' is missing: --data-dir " + options.dataDir
                        + " is empty, so say which members start the cluster, or whom to ask with --join");
        return options.initialCluster; // of another member's directory: the log is about to refuse it
    }

    private void checkTiming() {
        refuse(
                options.electionTimeout.compareTo(options.heartbeat.multipliedBy(MIN_HEARTBEATS_PER_ELECTION)) < 0,
                "--election-timeout " + Durations.text(options.electionTimeout) + " must be at least "
                        + MIN_HEARTBEATS_PER_ELECTION + " times --heartbeat " + Durations.text(options.heartbeat));
        refuse(
                options.electionTimeout.toHours() >= 1 && options.electionTimeout.toMinutes() > 60,
                "--election-timeout " + Durations.text(options.electionTimeout) + " must be at most 1h");
    }

    private List<String> seeds() {
        List<String> seeds = new ArrayList<>();
        if (!options.join.isEmpty()) {
            for (String part : Lists.split(options.join)) {
                try {
                    HostPort seed = HostPort.parse(part);
                    refuse(seed.port() == 0 || seed.isWildcard(), "--join: nobody can connect to " + seed);
                    seeds.add(seed.toString());
                } catch (IllegalArgumentException wrong) {
                    String message = String.valueOf(wrong.getMessage());
                    throw new IllegalArgumentException(
                            message.startsWith("--") ? message : "--join: " + message, wrong);
                }
            }
        }
        return seeds;
    }

    /** The members that start a cluster, of which {@code id} is one. */
    static List<Member> initialMembers(String id, String clusterId, String initialCluster) {
        requireId("--id", id);
        refuse(clusterId.isBlank() || clusterId.length() > 255, "--cluster-id has 1 to 255 characters");
        List<Member> members = members(initialCluster);
        refuse(
                members.stream().noneMatch(member -> member.id().equals(id)),
                "--id " + id + " is not in --initial-cluster ("
                        + members.stream().map(Member::id).collect(Collectors.joining(", ")) + ")");
        return members;
    }

    private static List<Member> members(String initialCluster) {
        List<Member> members = new ArrayList<>();
        if (initialCluster.isEmpty()) {
            return members; // it joined, or is about to
        }
        for (String part : Lists.split(initialCluster)) {
            int equals = part.indexOf('=');
            refuse(equals < 1, "--initial-cluster: '" + part + "' is not ID=HOST:PORT");
            String id = part.substring(0, equals);
            requireId("--initial-cluster:", id);
            HostPort address = address(part.substring(equals + 1));
            for (Member other : members) {
                refuse(other.id().equals(id), "--initial-cluster names '" + id + "' twice");
                refuse(
                        other.address().equals(address.toString()),
                        "--initial-cluster gives '" + other.id() + "' and '" + id + "' the same address " + address);
            }
            members.add(Member.voter(id, address.toString()));
        }
        return members;
    }

    private static HostPort address(String text) {
        try {
            HostPort address = HostPort.parse(text);
            refuse(
                    address.port() == 0 || address.isWildcard(),
                    "--initial-cluster: nobody can connect to " + address + ": give a host and a port");
            return address;
        } catch (IllegalArgumentException wrong) {
            String message = String.valueOf(wrong.getMessage());
            throw new IllegalArgumentException(
                    message.startsWith("--") ? message : "--initial-cluster: " + message, wrong);
        }
    }

    /** This member among those that start the cluster; null: it joins. */
    private @Nullable Member self(List<Member> members) {
        for (Member member : members) {
            if (member.id().equals(options.id)) {
                return member;
            }
        }
        String ids = members.stream().map(Member::id).collect(Collectors.joining(", "));
        refuse(
                options.join.isEmpty() && MemberFile.read(options.dataDir) == null,
                "--id " + options.id + " is not in --initial-cluster (" + ids + "); --join lets it join");
        return null;
    }

    private void checkPeerAddresses(HostPort listen) {
        refuse(listen.port() == 0, "--peer-listen " + listen + ": peers need a port that stays");
        HostPort advertise = options.peerAdvertise;
        refuse(
                advertise != null && (advertise.port() == 0 || advertise.isWildcard()),
                "--peer-advertise " + advertise + ": nobody can connect to that; give a host and a port");
        HostPort http = options.httpAdvertise;
        refuse(
                http != null && (http.port() == 0 || http.isWildcard()),
                "--http-advertise " + http + ": nobody can connect to that; give a host and a port");
    }

    /** Beyond loopback there would have to be TLS between peers, and TLS and tokens for clients. */
    private void checkOpenness(HostPort peerListen, List<Member> members) {
        Set<Waiver> waivers;
        try {
            waivers = Waiver.parse(options.insecure);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("--insecure: " + wrong.getMessage(), wrong);
        }
        if (!waivers.contains(Waiver.PEER)) {
            String needed = "peers would speak without TLS; --insecure=peer allows it";
            refuseBeyondLoopback("--peer-listen", peerListen, needed);
            refuseBeyondLoopback("--peer-advertise", options.peerAdvertise, needed);
            members.forEach(
                    member -> refuseBeyondLoopback("--initial-cluster", HostPort.parse(member.address()), needed));
        }
        if (!waivers.contains(Waiver.HTTP) || !waivers.contains(Waiver.TOKENS)) {
            String needed = "anybody there could read and write; --insecure=http,tokens allows it";
            refuseBeyondLoopback("--http-listen", options.httpListen, needed);
            refuseBeyondLoopback("--http-advertise", options.httpAdvertise, needed);
            refuseBeyondLoopback("--rsocket-listen", options.rsocketListen, needed);
        }
    }

    private static void refuseBeyondLoopback(String flag, @Nullable HostPort address, String needed) {
        refuse(address != null && !address.isLoopback(), flag + " " + address + " is not loopback: " + needed);
    }

    private static void requireId(String flag, String id) {
        refuse(
                !ID.matcher(id).matches(),
                flag + " '" + id + "' is not 1 to 64 letters, digits, dots, dashes or underscores");
    }

    private static void refuse(boolean wrong, String why) {
        if (wrong) {
            throw new IllegalArgumentException(why);
        }
    }
}
