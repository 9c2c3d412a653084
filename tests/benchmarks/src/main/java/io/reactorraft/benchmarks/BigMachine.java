package io.reactorraft.benchmarks;

import io.reactorraft.Codec;
import io.reactorraft.Committed;
import io.reactorraft.StateMachine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A state outside the heap, in blocks of 1 MiB. A snapshot takes the blocks as they are; one that is written to while it
 * may still be read is copied first, once a snapshot, so that the memory of both is that of the state and of what changed.
 *
 * <p>A command of {@link #fill} makes a block from a number; any other is copied into one of the first {@link #HOT} blocks.
 */
final class BigMachine implements StateMachine<byte[], Long> {
    static final int BLOCK_BYTES = 1 << 20;

    /** Blocks that writes go to. */
    static final int HOT = 16;

    private static final byte FILL = 1;

    /** Long enough that filling a large state rolls the log, which lets go of whole segments only. */
    private static final int FILL_BYTES = 64 << 10;

    private static final int HEAD_BYTES = Long.BYTES;
    private static final long MIX = 0x9E3779B97F4A7C15L;

    private final List<Block> blocks = new ArrayList<>();
    private long count;

    /** Bytes outside the heap. Shared: a snapshot may be reading them. */
    private static final class Block {
        private ByteBuffer bytes = ByteBuffer.allocateDirect(BLOCK_BYTES);
        private boolean shared;

        ByteBuffer toWrite() {
            if (shared) {
                bytes = ByteBuffer.allocateDirect(BLOCK_BYTES)
                        .put(bytes.duplicate().clear())
                        .clear();
                shared = false;
            }
            return bytes;
        }
    }

    /** The command that makes a block; told from others by its length. */
    static byte[] fill(int block) {
        return ByteBuffer.allocate(FILL_BYTES).put(FILL).putInt(block).array();
    }

    @Override
    public Codec<byte[]> commandCodec() {
        return Codec.bytes();
    }

    @Override
    public Codec<Long> resultCodec() {
        return Codec.int64();
    }

    @Override
    public Long apply(Committed<byte[]> entry) {
        byte[] command = entry.command();
        count++;
        if (command.length == FILL_BYTES && command[0] == FILL) {
            fillBlock(ByteBuffer.wrap(command, 1, Integer.BYTES).getInt());
        } else if (!blocks.isEmpty()) {
            int hot = (int) (count % Math.min(HOT, blocks.size()));
            int place = (int) (count * command.length % (BLOCK_BYTES - command.length));
            blocks.get(hot).toWrite().put(place, command);
        }
        return count;
    }

    private void fillBlock(int index) {
        ByteBuffer block = block(index).toWrite();
        long number = index + 1L;
        for (int at = 0; at < BLOCK_BYTES; at += Long.BYTES) {
            number = (number ^ number >>> 29) * MIX;
            block.putLong(at, number);
        }
    }

    private Block block(int index) {
        while (blocks.size() <= index) {
            blocks.add(new Block());
        }
        return blocks.get(index);
    }

    /** On the apply thread: what tells one state from another. */
    String digest() {
        CRC32C sum = new CRC32C();
        for (Block each : blocks) {
            sum.update(each.bytes.duplicate().clear());
        }
        return blocks.size() + "-" + count + "-" + Long.toHexString(sum.getValue());
    }

    @Override
    public Flux<ByteBuffer> snapshot() {
        ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).putLong(count).flip().asReadOnlyBuffer();
        List<ByteBuffer> captured = new ArrayList<>(blocks.size());
        for (Block each : blocks) {
            each.shared = true;
            captured.add(each.bytes);
        }
        return Flux.concat(
                Flux.defer(() -> Flux.just(head.duplicate())),
                Flux.fromIterable(captured)
                        .map(bytes -> bytes.asReadOnlyBuffer().clear()));
    }

    /** Into the blocks that are there, so that it never takes twice the memory. */
    @Override
    public Mono<Void> restore(Flux<ByteBuffer> snapshot) {
        return Mono.defer(() -> {
            int[] seen = {0};
            return snapshot.doOnNext(buffer -> load(seen[0]++, buffer))
                    .then(Mono.fromRunnable(() -> blocks.subList(Math.max(0, seen[0] - 1), blocks.size())
                            .clear()));
        });
    }

    private void load(int place, ByteBuffer buffer) {
        if (place == 0) {
            count = buffer.getLong();
        } else {
            block(place - 1).toWrite().duplicate().clear().put(buffer);
        }
    }
}
