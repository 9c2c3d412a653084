package io.reactorraft.server.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads server-sent events, as far as this server sends them: one line of data each. */
final class EventLines implements AutoCloseable {

    private final BufferedReader lines;
    private @Nullable String lastId;

    /**
     * An event.
     *
     * @param name what it is; empty where it has no name
     * @param data empty where there is none, as in a bookmark
     */
    record Event(String name, String data) {}

    EventLines(InputStream in) {
        this.lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
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
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
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

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
