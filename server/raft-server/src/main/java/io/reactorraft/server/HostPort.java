package io.reactorraft.server;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * A host and a port, written {@code host:port}, or {@code [::1]:port} where the host is an IPv6 address.
 *
 * @param host a name or an address, without brackets
 * @param port 0 to 65535; 0 asks the system for a free one
 */
public record HostPort(String host, int port) {

    private static final int MAX_PORT = 65_535;

    /**
     * Reads {@code host:port}.
     *
     * @throws IllegalArgumentException with a message that shows what was read
     */
    public static HostPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not HOST:PORT; an IPv6 address is written in brackets, [::1]:8001");
        }
        int port = port(text.substring(colon + 1));
        if (host.isBlank() || port < 0) {
            throw new IllegalArgumentException("'" + text + "' is not HOST:PORT with a port of 0 to 65535");
        }
        return new HostPort(host, port);
    }

    /** The number, or -1 where it is no port. */
    private static int port(String text) {
        boolean digits = !text.isEmpty() && text.length() <= 5 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int port = digits ? Integer.parseInt(text) : -1;
        return port <= MAX_PORT ? port : -1;
    }

    /** The same host with another port. */
    public HostPort withPort(int newPort) {
        return new HostPort(host, newPort);
    }

    /** Whether it stands for all addresses of this machine, so that nobody can be told to connect to it. */
    public boolean isWildcard() {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("*");
    }

    /** Whether only this machine can reach it. Resolves names, so it may block: not for reactive threads. */
    public boolean isLoopback() {
        if (isWildcard()) {
            return false;
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false; // a name that nobody knows here does not stay on this machine
        }
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
