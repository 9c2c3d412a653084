package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.Message;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A batch")
class BatchTest {

    private final SplittableRandom random = new SplittableRandom(1);

    @Test
    void givesBackTheMessagesThatWentInInTheirOrder() throws InvalidProtocolBufferException {
        for (int count : new int[] {0, 1, 2, 100}) {
            List<Message> messages =
                    IntStream.range(0, count).mapToObj(this::message).toList();

            assertThat(Batch.decode(ByteBuffer.wrap(encode(messages)))).isEqualTo(messages);
        }
    }

    @Test
    void takesExactlyTheSizesOfItsMessages() {
        for (int data : new int[] {0, 100, 120, 128, 16_300, 16_400, 3 << 20}) {
            Message message = Message.newBuilder()
                    .setContext(ByteString.copyFrom(new byte[data]))
                    .build();

            assertThat(encode(List.of(message))).hasSize(Batch.sizeOf(message));
        }
    }

    @Test
    void sharesItsBytesWithTheEntriesInsteadOfCopyingThem() throws InvalidProtocolBufferException {
        Message message = Message.newBuilder()
                .addEntries(Entry.newBuilder().setData(ByteString.copyFromUtf8("shared")))
                .build();
        byte[] payload = encode(List.of(message));

        Entry entry = Batch.decode(ByteBuffer.wrap(payload)).get(0).getEntries(0);
        payload[payload.length - 1] ^= 1;

        assertThat(entry.getData().toStringUtf8()).isEqualTo("sharee");
    }

    @Test
    void ofTornOrRandomBytesIsRefusedAndNeverReadPastItsEnd() {
        byte[] whole = encode(List.of(message(1), message(2)));
        for (int length = 1; length < whole.length; length++) {
            ByteBuffer torn = ByteBuffer.wrap(whole, 0, length);
            if (length != Batch.sizeOf(message(1))) {
                assertThatThrownBy(() -> Batch.decode(torn)).isInstanceOf(InvalidProtocolBufferException.class);
            }
        }
        for (int round = 0; round < 2_000; round++) {
            byte[] junk = new byte[random.nextInt(1, 64)];
            random.nextBytes(junk);
            try {
                Batch.decode(ByteBuffer.wrap(junk));
            } catch (InvalidProtocolBufferException refused) {
                assertThat(refused).as("round %s", round).isNotNull();
            }
        }
    }

    private Message message(int index) {
        byte[] data = new byte[index * 7];
        new SplittableRandom(index).nextBytes(data);
        return Message.newBuilder()
                .setIndex(index)
                .setGroupId("group")
                .addEntries(Entry.newBuilder().setIndex(index).setData(ByteString.copyFrom(data)))
                .build();
    }

    private static byte[] encode(List<Message> messages) {
        int bytes = messages.stream().mapToInt(Batch::sizeOf).sum();
        ByteBuf buffer = Batch.encode(messages, bytes, UnpooledByteBufAllocator.DEFAULT);
        try {
            byte[] copy = new byte[buffer.readableBytes()];
            buffer.readBytes(copy);
            return copy;
        } finally {
            buffer.release();
        }
    }
}
