package io.reactorraft.rsocket;

import io.reactorraft.proto.Hello;
import io.rsocket.RSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A connection that we dialled and whose other side made us welcome.
 *
 * @param remote what the other side said of itself
 * @param address where it was reached
 * @param requests how many requests on it are outstanding
 */
record Session(FrameConnection connection, RSocket socket, Hello remote, String address, AtomicInteger requests) {

    Session(FrameConnection connection, RSocket socket, Hello remote, String address) {
        this(connection, socket, remote, address, new AtomicInteger());
    }
}
