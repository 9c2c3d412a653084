package io.reactorraft.spi;

/**
 * A write was refused because the disk has no room for it. Nothing of it was written, and the store goes on: the same write
 * may be tried again once {@link LogStore#isFull} says that there is room.
 */
public final class DiskFullException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DiskFullException(String message) {
        super(message);
    }
}
