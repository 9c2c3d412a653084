package io.reactorraft.server.kv;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.reactorraft.server.kv.proto.Delete;
import io.reactorraft.server.kv.proto.HashReport;
import io.reactorraft.server.kv.proto.HashRequest;
import io.reactorraft.server.kv.proto.Put;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.util.Collection;

/**
 * Makes the commands that may be proposed. Limits are checked here, before anything reaches the log: what is in the log
 * is applied.
 */
public final class Commands {

    /** The largest value, in bytes; with the longest key it stays below the 1.5 MiB that a proposal may have. */
    public static final int MAX_VALUE_BYTES = 1 << 20;

    private static final Condition NONE = Condition.getDefaultInstance();

    private Commands() {}

    /** Sets the key to the value where the condition holds. */
    public static Command put(Key key, ByteString value, Condition condition) {
        if (value.size() > MAX_VALUE_BYTES) {
            throw new IllegalArgumentException(
                    "a value has at most " + MAX_VALUE_BYTES + " bytes, this one " + value.size());
        }
        Put put = Put.newBuilder().setKey(key.toByteString()).setValue(value).build();
        return with(Command.newBuilder().setPut(put), condition);
    }

    /** Takes the key's value away where the condition holds. */
    public static Command delete(Key key, Condition condition) {
        Delete delete = Delete.newBuilder().setKey(key.toByteString()).build();
        return with(Command.newBuilder().setDelete(delete), condition);
    }

    private static Command with(Command.Builder command, Condition condition) {
        return condition.equals(NONE)
                ? command.build()
                : command.setCondition(condition).build();
    }

    /** The same change, to be made once however often it is proposed; the key is that of {@link IdempotencyKey}. */
    public static Command once(ByteString idempotencyKey, Command change) {
        return change.toBuilder().setIdempotencyKey(idempotencyKey).build();
    }

    /** Sets what the store depends on; {@link StoreSettings#refusal} tells beforehand what would come of it. */
    public static Command set(SettingsChange change) {
        return Command.newBuilder().setSettings(change).build();
    }

    /** Every replica notes its hash, to be asked for by {@link KeyValueStore#hashReport}. */
    public static Command requestHashes() {
        return Command.newBuilder()
                .setHashRequest(HashRequest.getDefaultInstance())
                .build();
    }

    static Command hashReport(String member, long index, long hash) {
        return Command.newBuilder()
                .setHashReport(HashReport.newBuilder()
                        .setMember(member)
                        .setIndex(index)
                        .setHash(hash))
                .build();
    }

    /** Holds always. */
    public static Condition always() {
        return NONE;
    }

    /** Holds where the key has no value. */
    public static Condition absent() {
        return Condition.newBuilder().setKind(Condition.Kind.ABSENT).build();
    }

    /** Holds where the key has a value. */
    public static Condition present() {
        return Condition.newBuilder().setKind(Condition.Kind.PRESENT).build();
    }

    /** Holds where the key's last change is one of these revisions. */
    public static Condition revision(Collection<Long> revisions) {
        return Condition.newBuilder()
                .setKind(Condition.Kind.REVISION)
                .addAllRevisions(revisions)
                .build();
    }
}
