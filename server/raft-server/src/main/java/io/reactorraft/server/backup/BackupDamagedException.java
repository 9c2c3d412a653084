package io.reactorraft.server.backup;

import java.io.IOException;

/** A backup is not whole, or was changed; the message says where, in one line. */
public final class BackupDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    BackupDamagedException(String name, long offset, String what) {
        super(name + ":" + offset + " is damaged: " + what);
    }
}
