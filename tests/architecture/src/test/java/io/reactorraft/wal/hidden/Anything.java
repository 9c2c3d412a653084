package io.reactorraft.wal.hidden;

/** Something of the log that nobody may know. */
public class Anything {}
