package io.reactorraft.torture;

import com.google.protobuf.ByteString;
import io.reactorraft.proto.Entry;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/** What entries and snapshots are made of, and how they are recognised: content follows from a few numbers. */
final class Content {
    private Content() {}

    static Entry entry(long index, long term, long salt, int bytes) {
        return Entry.newBuilder()
                .setIndex(index)
                .setTerm(term)
                .setData(ByteString.copyFrom(bytes(index * 31 + salt, bytes)))
                .build();
    }

    static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /** Term and checksum of an entry: equal for equal entries of one index. */
    static long print(Entry entry) {
        CRC32C crc = new CRC32C();
        crc.update(entry.getData().asReadOnlyByteBuffer());
        return entry.getTerm() << 32 | crc.getValue();
    }

    static long termOf(long print) {
        return print >>> 32;
    }
}
