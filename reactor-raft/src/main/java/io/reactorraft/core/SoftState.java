package io.reactorraft.core;

/**
 * What is worth telling but need not survive a restart.
 *
 * @param leaderId whom this node believes to lead its term; empty: nobody
 */
public record SoftState(String leaderId, RaftRole role) {}
