package io.reactorraft.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.reactorraft.server.api.Json;
import io.reactorraft.server.backup.BackupReader;
import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backup}: the whole store into a file, checked on its way. */
@Command(
        name = "backup",
        sortOptions = false,
        description = "Writes the whole store, as it is now, to a file. Writes and reads go on meanwhile.")
final class BackupCommand implements Callable<Integer> {

    private static final long TELL_EVERY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PrintStream out;
    private final PrintStream err;

    @Mixin
    private final ClientOptions client = new ClientOptions();

    @Option(names = "--to", paramLabel = "FILE", required = true, description = "The file; there must be none yet.")
    private Path to = Path.of("");

    BackupCommand(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public Integer call() throws IOException {
        if (Files.exists(to)) {
            throw new RequestFailedException(ExitCode.REFUSED, to + " exists: give another name, or remove it");
        }
        Written written = writtenTo(to.resolveSibling(to.getFileName() + ".part"));
        ObjectNode told = Json.object();
        told.put("revision", written.revision);
        told.put("bytes", written.bytes);
        out.println(
                client.json()
                        ? told.toString()
                        : "backup of revision " + written.revision + ", " + written.bytes + " bytes, in " + to);
        return ExitCode.DONE;
    }

    private record Written(long revision, long bytes) {}

    /** What another one is writing under this name is left to that one. */
    private Written writtenTo(Path temporary) throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException taken) {
            throw new RequestFailedException(
                    ExitCode.REFUSED,
                    temporary + " exists: another backup is being written to it, or was cut short; give another name,"
                            + " or remove it");
        }
        try {
            Written written;
            try (channel) {
                written = write(channel);
            }
            Files.move(temporary, to); // refuses to take the place of another file
            return written; // from here on the temporary name is another one's
        } catch (IOException | RuntimeException failed) {
            Files.deleteIfExists(temporary);
            throw failed;
        }
    }

    private Written write(FileChannel channel) throws IOException {
        Endpoints.Request get = Endpoints.Request.get("/v1/backup");
        InputStream in = new Endpoints(client).open(get).body();
        try (Watchdog watched = new Watchdog(in, client.timeout)) {
            return watched.orStalled(() -> {
                OutputStream copy = Channels.newOutputStream(channel);
                InputStream copied = new BufferedInputStream(new Copying(watched, copy), 1 << 16);
                BackupReader reader = new BackupReader("the backup", copied);
                Progress progress = new Progress();
                reader.toItsEnd(() -> progress.tell(reader.offset()));
                channel.force(true);
                return new Written(reader.header().getRevision(), reader.offset());
            });
        }
    }

    /** Now and then, how far it is. */
    private final class Progress {
        private long toldNanos = System.nanoTime();

        void tell(long bytes) {
            long now = System.nanoTime();
            if (now - toldNanos > TELL_EVERY_NANOS) {
                toldNanos = now;
                err.println(bytes + " bytes so far");
            }
        }
    }

    /** Whatever is read is written, too. */
    private static final class Copying extends FilterInputStream {
        private final OutputStream copy;

        Copying(InputStream in, OutputStream copy) {
            super(in);
            this.copy = copy;
        }

        @Override
        public int read() throws IOException {
            int one = super.read();
            if (one >= 0) {
                copy.write(one);
            }
            return one;
        }

        @Override
        public int read(byte[] bytes, int from, int length) throws IOException {
            int count = super.read(bytes, from, length);
            if (count > 0) {
                copy.write(bytes, from, count);
            }
            return count;
        }
    }
}
