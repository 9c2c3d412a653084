package io.reactorraft.server.cli;

import java.nio.charset.StandardCharsets;

/** Keys and parameters in paths: everything but what never needs it is percent-encoded. */
final class KeyPath {

    private static final String PLAIN = "-._~/";

    private KeyPath() {}

    static String of(String key) {
        return "/v1/kv/" + encoded(key);
    }

    static String encoded(String text) {
        StringBuilder path = new StringBuilder();
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (each & 0xFF);
            boolean plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
            if (plain || PLAIN.indexOf(c) >= 0) {
                path.append(c);
            } else {
                path.append('%').append(Character.toUpperCase(Character.forDigit(each >> 4 & 0xF, 16)));
                path.append(Character.toUpperCase(Character.forDigit(each & 0xF, 16)));
            }
        }
        return path.toString();
    }
}
