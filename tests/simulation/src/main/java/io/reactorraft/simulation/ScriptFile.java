package io.reactorraft.simulation;

/**
 * A script as it was found.
 *
 * @param name its path, or {@code ZIP!ENTRY}; given to {@code conformance}, it finds this script again
 */
record ScriptFile(String name, String text) {}
