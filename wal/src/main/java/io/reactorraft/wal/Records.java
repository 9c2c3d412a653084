package io.reactorraft.wal;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The records of a segment, one after the other: whole, and as their checksums say. */
interface Records {

    /** Moves on to the next record; false where none is. */
    boolean next() throws IOException;

    /** Where in its file the record begins. */
    long offset();

    long number();

    RecordType type();

    /** Of the record's head; 0: none. */
    int group();

    /** Of a mark: whether the log is empty behind it. */
    boolean logBegins();

    /** Valid until the walk goes on. */
    ByteBuffer payload();

    /** Reads term and index of the entry that this record is, and nothing else of it. */
    void entry(EntryHead into);
}
