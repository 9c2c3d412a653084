package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.reactorraft.Committed;
import io.reactorraft.server.backup.BackupStream;
import io.reactorraft.server.kv.Commands;
import io.reactorraft.server.kv.Key;
import io.reactorraft.server.kv.KeyValueStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code backup} leaves behind, under the name it was given and beside it. */
class BackupCommandTest {

    @TempDir
    Path directory;

    /** What the disk does while the backup is on its way. */
    @FunctionalInterface
    private interface Meanwhile {
        void happens() throws IOException;
    }

    @Test
    void aFinishedOneLeavesNothingBesideIt() throws IOException {
        Path to = directory.resolve("store.backup");
        assertThat(backup(to, () -> assertThat(part(to)).exists())).isEqualTo(ExitCode.DONE);
        assertThat(to).hasBinaryContent(content());
        assertThat(part(to)).doesNotExist();
    }

    @Test
    void whereTheNameIsTakenMeanwhileTheOtherFileStaysAndNothingIsLeft() throws IOException {
        Path to = directory.resolve("store.backup");
        assertThat(backup(to, () -> Files.writeString(to, "another's"))).isEqualTo(ExitCode.REFUSED);
        assertThat(to).hasContent("another's");
        assertThat(part(to)).doesNotExist();
    }

    private static Path part(Path to) {
        return to.resolveSibling(to.getFileName() + ".part");
    }

    /** Runs the command against a server that sends a whole backup; its exit code. */
    private static int backup(Path to, Meanwhile meanwhile) throws IOException {
        try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> serve(listening, meanwhile), "backup-server");
            server.setDaemon(true);
            server.start();
            PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
            String endpoint = "http://127.0.0.1:" + listening.getLocalPort();
            String[] command = {"backup", "--to", to.toString(), "--endpoints", endpoint, "--timeout", "60s"};
            return CommandLineInterface.run(command, Map.of(), nowhere, nowhere);
        }
    }

    private static void serve(ServerSocket listening, Meanwhile meanwhile) {
        try (Socket asked = listening.accept()) {
            awaitEmptyLine(asked.getInputStream());
            byte[] content = content();
            OutputStream out = asked.getOutputStream();
            out.write(("HTTP/1.1 200 OK\r\ncontent-length: " + content.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            out.write(content, 0, content.length - 1);
            out.flush();
            meanwhile.happens();
            out.write(content, content.length - 1, 1);
            out.flush();
            while (asked.getInputStream().read() >= 0) {
                Thread.onSpinWait(); // until the other side hangs up
            }
        } catch (IOException closed) {
            throw new UncheckedIOException(closed);
        }
    }

    private static void awaitEmptyLine(InputStream in) throws IOException {
        int latest = 0;
        while (latest != 0x0d0a0d0a) {
            latest = latest << 8 | in.read();
        }
    }

    private static byte[] content() {
        KeyValueStore store = new KeyValueStore();
        store.apply(new Committed<>(
                1,
                1,
                Instant.EPOCH,
                1,
                Commands.put(Key.of("key"), ByteString.copyFromUtf8("value"), Commands.always())));
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        List<ByteBuffer> buffers = BackupStream.of(BackupStream.header("test", 1, 0), store.snapshot())
                .collectList()
                .block();
        for (ByteBuffer each : buffers == null ? List.<ByteBuffer>of() : buffers) {
            byte[] part = new byte[each.remaining()];
            each.get(part);
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }
}
