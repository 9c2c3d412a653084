package io.reactorraft.server.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a client wants to read (RFC 9110, 12.5.1). What cannot be understood counts for nothing. */
final class Accept {

    private record MediaRange(String type, String subtype, double quality) {
        boolean matches(String wantedType, String wantedSubtype) {
            return (type.equals("*") || type.equals(wantedType))
                    && (subtype.equals("*") || subtype.equals(wantedSubtype));
        }

        int precision() {
            return (type.equals("*") ? 0 : 1) + (subtype.equals("*") ? 0 : 1);
        }
    }

    private final List<MediaRange> ranges = new ArrayList<>();

    private Accept() {}

    static Accept parse(List<String> lines) {
        Accept accept = new Accept();
        String text = String.join(",", lines).toLowerCase(Locale.ROOT);
        int from = 0;
        while (from < text.length()) {
            int comma = text.indexOf(',', from);
            int to = comma < 0 ? text.length() : comma;
            accept.add(text.substring(from, to).trim());
            from = to + 1;
        }
        return accept;
    }

    private void add(String range) {
        int semicolon = range.indexOf(';');
        String mediaType = (semicolon < 0 ? range : range.substring(0, semicolon)).trim();
        int slash = mediaType.indexOf('/');
        if (slash > 0) {
            double quality = semicolon < 0 ? 1 : quality(range.substring(semicolon));
            ranges.add(new MediaRange(mediaType.substring(0, slash), mediaType.substring(slash + 1), quality));
        }
    }

    private static double quality(String parameters) {
        int at = parameters.indexOf("q=");
        if (at < 0) {
            return 1;
        }
        int end = parameters.indexOf(';', at);
        try {
            return Double.parseDouble(parameters
                    .substring(at + 2, end < 0 ? parameters.length() : end)
                    .trim());
        } catch (NumberFormatException notANumber) {
            return 0;
        }
    }

    /** How much the media type is wanted, 0 to 1; the most precise range counts. */
    double quality(String type, String subtype) {
        double quality = 0;
        int precision = -1;
        for (MediaRange range : ranges) {
            if (range.matches(type, subtype) && range.precision() > precision) {
                quality = range.quality();
                precision = range.precision();
            }
        }
        return quality;
    }
}
