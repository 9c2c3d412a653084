package io.reactorraft.server.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events, as far as this server sends them: one line of data each. */
final class EventLines implements AutoCloseable {

    private final InputStream in;
    private final byte[] read = new byte[8 << 10];
    private int at;
    private int end;
    private @Nullable String lastId;

    /**
     * An event.
     *
     * @param name what it is; empty where it has no name
     * @param data empty where there is none, as in a bookmark
     */
    record Event(String name, String data) {}

    EventLines(InputStream in) {
        this.in = in;
    }

    /** The id of the last event that had one, to resume behind; null: none had. */
    @Nullable
    String lastId() {
        return lastId;
    }

    /** The next event; null at the end of the stream. */
    @Nullable
    Event next() throws IOException {
        String name = "";
        String data = "";
        String id = null;
        for (String line = line(); line != null; line = line()) {
            if (line.startsWith("event: ")) {
                name = line.substring(7);
            } else if (line.startsWith("data: ")) {
                data = line.substring(6);
            } else if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.isEmpty() && (id != null || !data.isEmpty())) {
                lastId = id == null ? lastId : id; // only a whole event counts as received
                return new Event(name, data);
            }
        }
        return null;
    }

    /** Takes what has come, and never waits for more than the end of the line: a reader that fills its buffer would. */
    private @Nullable String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            if (at == end) {
                at = 0;
                end = Math.max(0, in.read(read));
                if (end == 0) {
                    return null;
                }
            }
            byte next = read[at++];
            if (next == '\n') {
                return line.toString(StandardCharsets.UTF_8);
            }
            line.write(next);
        }
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
