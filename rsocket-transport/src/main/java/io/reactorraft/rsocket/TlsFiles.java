package io.reactorraft.rsocket;

import java.nio.file.Path;

/**
 * What a member shows to peers and what it asks of them, as PEM files. They may be replaced while the transport runs:
 * connections that stand are kept, later ones use what lies there then.
 *
 * <p>A certificate must name the member's id, or the host of its address; wildcards count.
 *
 * @param certificate ours, with the chain that leads to an authority, our own first
 * @param key our private key, in PKCS #8, not encrypted
 * @param authorities who may vouch for peers
 */
public record TlsFiles(Path certificate, Path key, Path authorities) {}
