package io.reactorraft.server.cli;

import io.reactorraft.Member;
import io.reactorraft.RaftNode;
import io.reactorraft.server.backup.BackupReader;
import io.reactorraft.server.kv.KeyValueStore;
import io.reactorraft.server.kv.proto.BackupHeader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code restore}: a new cluster that begins with what a backup holds. Run once for each of its first members, each with its
 * own directory; then they are started as ever.
 */
@Command(
        name = "restore",
        sortOptions = false,
        description = "Checks a backup, or makes an empty data directory that of a member of a new cluster which begins"
                + " with it. Run it for each of --initial-cluster, with the same file.")
final class RestoreCommand implements Callable<Integer> {

    /** So far beyond the backup's revision the new cluster counts on: nobody gave out those in between. */
    static final long LEAP = 1_000_000_000L;

    private final PrintStream out;

    @Option(names = "--from", paramLabel = "FILE", required = true, description = "The backup.")
    private Path from = Path.of("");

    @Option(names = "--check", description = "Only says whether the backup is whole, and what it holds.")
    private boolean check;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "The member's data directory: empty, or not there.")
    private @Nullable Path dataDir;

    @Option(names = "--id", paramLabel = "ID", description = "The member.")
    private @Nullable String id;

    @Option(names = "--cluster-id", paramLabel = "NAME", description = "Of the new cluster: not that of the old one.")
    private @Nullable String clusterId;

    @Option(
            names = "--initial-cluster",
            paramLabel = "ID=HOST:PORT,...",
            description = "The members that start the new cluster, alike on each.")
    private String initialCluster = "";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    RestoreCommand(PrintStream out) {
        this.out = out;
    }

    @Override
    public Integer call() throws IOException {
        Path directory = dataDir;
        String member = id;
        String cluster = clusterId;
        if (check) {
            refuse(
                    directory != null || member != null || cluster != null,
                    "--check writes nothing: leave the others out");
            KeyValueStore store = new KeyValueStore();
            tell(load(store), "whole");
            return ExitCode.DONE;
        }
        if (directory == null || member == null || cluster == null || initialCluster.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--data-dir, --id, --cluster-id and --initial-cluster are needed, or --check");
        }
        List<Member> members;
        try {
            members = ServeSettings.initialMembers(member, cluster, initialCluster);
        } catch (IllegalArgumentException wrong) {
            throw new ParameterException(spec.commandLine(), String.valueOf(wrong.getMessage()), wrong);
        }
        restore(directory, member, cluster, members);
        return ExitCode.DONE;
    }

    private void restore(Path directory, String member, String cluster, List<Member> members) throws IOException {
        if (Files.exists(directory.resolve(MemberFile.NAME))) {
            throw new RequestFailedException(
                    ExitCode.REFUSED, directory + " is in use by a member: restore into an empty directory");
        }
        KeyValueStore store = new KeyValueStore();
        BackupHeader header = load(store);
        if (header.getClusterId().equals(cluster)) {
            throw new RequestFailedException(
                    ExitCode.REFUSED,
                    "the backup was taken from cluster '" + cluster
                            + "': give the new one another --cluster-id, so that members of the old one stay apart");
        }
        store.leap(LEAP);
        RaftNode.builder(member, store)
                .dataDir(directory)
                .clusterId(cluster)
                .members(members)
                .found(store.snapshot())
                .block();
        new MemberFile(
                        member,
                        cluster,
                        members.stream()
                                .map(each -> each.id() + "=" + each.address())
                                .collect(Collectors.joining(",")))
                .write(directory);
        tell(
                header,
                "restored into " + directory + " as " + member + " of " + cluster + ", which goes on at revision "
                        + store.revision());
    }

    /** Reads all of it; what does not fit together is refused. */
    private BackupHeader load(KeyValueStore store) throws IOException {
        if (!Files.isRegularFile(from)) {
            throw new RequestFailedException(ExitCode.REFUSED, from + " is no file");
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(from), 1 << 16)) {
            BackupReader reader = new BackupReader(from.toString(), in);
            reader.into(store);
            return reader.header();
        }
    }

    private void tell(BackupHeader header, String what) {
        out.println(from + ": revision " + header.getRevision() + " of cluster " + header.getClusterId() + ", written "
                + Instant.ofEpochMilli(header.getTimeMillis()) + "; " + what);
    }

    private void refuse(boolean wrong, String why) {
        if (wrong) {
            throw new ParameterException(spec.commandLine(), why);
        }
    }
}
