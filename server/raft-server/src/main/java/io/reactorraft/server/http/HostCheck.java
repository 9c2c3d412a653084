package io.reactorraft.server.http;

import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.NetUtil;
import io.reactorraft.server.api.Problem;
import io.reactorraft.server.api.ProblemType;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests for a host that is not this one. Without tokens, that is all that keeps a web page, which made the
 * browser resolve its own name to our address, from using the server.
 *
 * <p>Accepted are {@code localhost}, loopback addresses, the names this server was configured with, and the very address
 * that the connection came in on: an address cannot be rebound.
 */
final class HostCheck {

    private final Set<String> own = new HashSet<>();
    private final boolean checks;

    HostCheck(Set<String> ownHosts) {
        this(ownHosts, true);
    }

    /** For a port that shows nothing a page could want: whoever scrapes may call it as he likes. */
    static HostCheck none() {
        return new HostCheck(Set.of(), false);
    }

    private HostCheck(Set<String> ownHosts, boolean checks) {
        this.checks = checks;
        own.add("localhost");
        ownHosts.forEach(host -> own.add(host.toLowerCase(Locale.ROOT)));
    }

    /**
     * Checks a request.
     *
     * @param hosts the values of its {@code Host} headers; none is fine before HTTP/1.1, which browsers do not speak
     * @param authority of a request line in absolute form; null in the usual one
     * @param local where the connection came in; null where it is not known
     */
    void check(HttpVersion version, List<String> hosts, @Nullable String authority, @Nullable InetSocketAddress local) {
        boolean mayBeMissing = version.compareTo(HttpVersion.HTTP_1_1) < 0;
        if (hosts.size() != 1 && !(hosts.isEmpty() && mayBeMissing)) {
            throw Problem.invalid("Host", "a request has one Host header, this one " + hosts.size());
        }
        hosts.forEach(host -> refuseForeign(host, local));
        if (authority != null) {
            refuseForeign(authority, local); // RFC 9112, 3.2.2: it counts more than the header
        }
    }

    private void refuseForeign(String value, @Nullable InetSocketAddress local) {
        String host = host(value);
        if (checks && !own.contains(host) && !isOwnAddress(host, local)) {
            throw Problem.of(
                    ProblemType.WRONG_HOST,
                    "'" + value + "' is not this server's name; --http-advertise HOST:PORT makes it one");
        }
    }

    private static boolean isOwnAddress(String host, @Nullable InetSocketAddress local) {
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(host);
        return address != null
                && (address.isLoopbackAddress() || (local != null && address.equals(local.getAddress())));
    }

    /** Without the port, the brackets and the dot at the end. */
    private static String host(String value) {
        String host = value.trim().toLowerCase(Locale.ROOT);
        int close = host.startsWith("[") ? host.indexOf(']') : -1;
        if (close > 0) {
            return host.substring(1, close);
        }
        int colon = host.lastIndexOf(':');
        String name = colon < 0 ? host : host.substring(0, colon);
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
