package io.reactorraft.rsocket;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.reactorraft.proto.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What one payload of the message channel holds: messages one after another, each behind its length as a varint.
 *
 * <p>Under load dozens of messages wait whenever the socket takes more, and what a payload costs does not depend on how
 * much is in it.
 */
final class Batch {

    /** A batch takes no further message past this size, so that it travels as one frame; a larger message goes alone. */
    static final int FULL_BYTES = 60 << 10;

    private Batch() {}

    /** What a message takes in a batch. The size is remembered by the message, so that asking again is free. */
    static int sizeOf(Message message) {
        int size = message.getSerializedSize();
        return CodedOutputStream.computeUInt32SizeNoTag(size) + size;
    }

    /** Writes the messages, of {@code bytes} in all, into one buffer that the caller owns. */
    static ByteBuf encode(List<Message> messages, int bytes, ByteBufAllocator allocator) {
        ByteBuf buffer = allocator.ioBuffer(bytes);
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(buffer.nioBuffer(0, bytes));
            for (int i = 0; i < messages.size(); i++) {
                Message message = messages.get(i);
                out.writeUInt32NoTag(message.getSerializedSize());
                message.writeTo(out);
            }
            out.checkNoSpaceLeft();
        } catch (IOException | RuntimeException e) {
            buffer.release();
            throw e instanceof IOException io ? new UncheckedIOException(io) : (RuntimeException) e;
        }
        return buffer.writerIndex(bytes);
    }

    /**
     * Reads a batch. The messages share the array behind {@code payload}, which nobody may change afterwards.
     *
     * @param payload backed by an array
     */
    static List<Message> decode(ByteBuffer payload) throws InvalidProtocolBufferException {
        CodedInputStream in = UnsafeByteOperations.unsafeWrap(payload).newCodedInput();
        in.enableAliasing(true);
        List<Message> messages = new ArrayList<>();
        try {
            while (!in.isAtEnd()) {
                int limit = in.pushLimit(in.readRawVarint32());
                messages.add(Message.parseFrom(in));
                in.checkLastTagWas(0);
                in.popLimit(limit);
            }
        } catch (InvalidProtocolBufferException e) {
            throw e;
        } catch (IOException e) {
            throw new InvalidProtocolBufferException(e);
        }
        return messages;
    }
}
