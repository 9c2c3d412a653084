/**
 * Peers over RSocket: one long-lived channel per direction, on our own connection over Reactor Netty.
 *
 * <p><b>On the wire.</b> TCP; each RSocket frame of at most 1 MiB behind its length in three bytes; payloads in fragments
 * of 64 KiB. The SETUP frame carries a {@code Hello} and, as metadata, one byte: what the connection is for. The first
 * request asks for the verdict, a {@code HelloReply}; only after WELCOME does anything else travel. Then, by purpose:
 *
 * <ul>
 *   <li><em>messages</em>: two channels, one for each {@code Lane}, whose payloads are batches of Raft messages, each behind
 *       its length as a varint; and requests, routed by metadata of one byte and the group's id, among them probes
 *   <li><em>requests</em> alone, for somebody who is no peer, for instance to join
 *   <li><em>snapshots</em>: one request, a {@code SnapshotOpening}, answered by the number of the chunk to begin with; then
 *       one channel of {@code Chunk}s, which completes once the receiver has made all of it durable
 * </ul>
 *
 * <p>Who dials opens every stream; answers to messages travel on the other member's own connection.
 *
 * <p><b>Inside.</b> {@code RSocketTransport} holds a {@code Running} between start and close. Out: {@code PeerLinks} →
 * {@code PeerLink} (dials, again and again) → {@code Way} (two lanes) → {@code Outbox} (bounded, batches) → {@code FrameConnection}. In: {@code
 * Listener} → {@code FrameGuard} → {@code Inbound} (handshake, then delivery) → {@code Groups}. What is connected changes
 * on one thread, the control loop; messages are sent and delivered on the event loops of their connections.
 *
 * <p><b>Why not the stock transport of RSocket.</b> Its outbound queue has no limit, a frame that is too long stalls it in
 * silence, and it fails where the JDK denies {@code Unsafe}.
 */
@NullMarked
package io.reactorraft.rsocket;

import org.jspecify.annotations.NullMarked;
