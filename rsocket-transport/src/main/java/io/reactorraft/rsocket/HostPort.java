package io.reactorraft.rsocket;

/** An address as it is written: {@code host:port}, an IPv6 address in brackets. */
record HostPort(String host, int port) {

    static HostPort parse(String address) {
        int colon = address.lastIndexOf(':');
        String digits = address.substring(colon + 1);
        if (colon < 1
                || digits.isEmpty()
                || digits.length() > 5
                || !digits.chars().allMatch(Character::isDigit)) {
            throw new IllegalArgumentException("an address is written host:port, got '" + address + "'");
        }
        int port = Integer.parseInt(digits);
        if (port > 65_535) {
            throw new IllegalArgumentException("a port is at most 65535, got '" + address + "'");
        }
        String host = address.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
}
