package io.reactorraft.server.cli;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** What {@code --insecure} gives up beyond loopback. */
enum Waiver {
    /** Peers speak without TLS. */
    PEER,
    /** Clients speak without TLS. */
    HTTP,
    /** Clients need no tokens. */
    TOKENS;

    /** Reads {@code peer,http,tokens}; {@code true} and {@code false} are all and nothing. */
    static Set<Waiver> parse(String text) {
        if (text.isEmpty() || text.equals("false")) {
            return EnumSet.noneOf(Waiver.class);
        }
        if (text.equals("true")) {
            return EnumSet.allOf(Waiver.class);
        }
        Set<Waiver> waivers = EnumSet.noneOf(Waiver.class);
        for (String part : Lists.split(text)) {
            waivers.add(one(part));
        }
        return waivers;
    }

    private static Waiver one(String text) {
        for (Waiver each : values()) {
            if (each.word().equals(text)) {
                return each;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not peer, http or tokens");
    }

    String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
