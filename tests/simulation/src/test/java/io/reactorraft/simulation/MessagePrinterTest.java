package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.core.RawNode;
import io.reactorraft.proto.ConfChange;
import io.reactorraft.proto.ConfChangeType;
import io.reactorraft.proto.ConfChangeV2;
import io.reactorraft.proto.ConfState;
import io.reactorraft.proto.Entry;
import io.reactorraft.proto.EntryType;
import io.reactorraft.proto.Message;
import io.reactorraft.proto.MessageType;
import io.reactorraft.proto.SnapshotMetadata;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MessagePrinterTest {

    @Test
    void anAppendOfOneEntryTakesOneLine() {
        assertThat(MessagePrinter.print(message(MessageType.MSG_APPEND, "1", "2")
                        .setTerm(3)
                        .setLogTerm(2)
                        .setIndex(7)
                        .setCommit(6)
                        .addEntries(entry(3, 8, "x"))
                        .build()))
                .isEqualTo("1->2 MsgApp Term:3 Log:2/7 Commit:6 Entries:[3/8 EntryNormal \"x\"]");
    }

    @Test
    void severalEntriesTakeALineEach() {
        assertThat(MessagePrinter.print(message(MessageType.MSG_APPEND, "1", "2")
                        .addEntries(entry(3, 8, ""))
                        .addEntries(entry(3, 9, "y"))
                        .build()))
                .isEqualTo("""
                        1->2 MsgApp Term:0 Log:0/0 Entries:[
                          3/8 EntryNormal ""
                          3/9 EntryNormal "y"
                        ]""");
    }

    @Test
    void aRejectionCarriesItsHint() {
        assertThat(MessagePrinter.print(message(MessageType.MSG_APPEND_RESPONSE, "2", "1")
                        .setIndex(7)
                        .setReject(true)
                        .setRejectHint(4)
                        .build()))
                .isEqualTo("2->1 MsgAppResp Term:0 Log:0/7 Rejected (Hint: 4)");
    }

    @Test
    void storageWorkNestsItsResponses() {
        Message response = message(MessageType.MSG_SNAPSHOT, RawNode.APPEND_THREAD, "1")
                .setSnapshot(SnapshotMetadata.newBuilder().setIndex(5).setTerm(2))
                .addEntries(entry(1, 1, ""))
                .addEntries(entry(1, 2, ""))
                .build();
        assertThat(MessagePrinter.print(message(MessageType.MSG_STORAGE_APPEND, "1", RawNode.APPEND_THREAD)
                        .setTerm(1)
                        .setVote("1")
                        .setCommit(2)
                        .addResponses(response)
                        .build()))
                .isEqualTo("""
                        1->AppendThread MsgStorageAppend Term:1 Log:0/0 Commit:2 Vote:1 Responses:[
                          AppendThread->1 MsgSnap Term:0 Log:0/0 Entries:[
                            1/1 EntryNormal ""
                            1/2 EntryNormal ""
                          ]
                            Snapshot: Index:5 Term:2 ConfState:Voters:[] VotersOutgoing:[] Learners:[] LearnersNext:[] AutoLeave:false
                        ]""");
    }

    @Test
    void aSnapshotShowsItsConfiguration() {
        ConfState members = ConfState.newBuilder()
                .addVoters("1")
                .addVoters("2")
                .addVotersOutgoing("3")
                .addLearners("4")
                .addLearnersNext("3")
                .setAutoLeave(true)
                .build();
        SnapshotMetadata snapshot = SnapshotMetadata.newBuilder()
                .setIndex(9)
                .setTerm(2)
                .setConfState(members)
                .build();

        assertThat(MessagePrinter.print(snapshot))
                .isEqualTo("Index:9 Term:2 ConfState:Voters:[1 2] VotersOutgoing:[3] Learners:[4] LearnersNext:[3] "
                        + "AutoLeave:true");
    }

    @Test
    void configurationChangesReadAsInScripts() throws Exception {
        ConfChange older = ConfChange.newBuilder()
                .setType(ConfChangeType.REMOVE_NODE)
                .setNodeId("3")
                .build();
        ConfChangeV2 newer = ConfChangeV2.newBuilder()
                .addAllChanges(ConfChanges.parse("v1 l2 r3 u4 v0"))
                .build();

        assertThat(MessagePrinter.print(entry(EntryType.ENTRY_CONF_CHANGE, older.toByteString())))
                .isEqualTo("1/2 EntryConfChange r3");
        assertThat(MessagePrinter.print(entry(EntryType.ENTRY_CONF_CHANGE_V2, newer.toByteString())))
                .isEqualTo("1/2 EntryConfChangeV2 v1 l2 r3 u4 v0");
        assertThat(MessagePrinter.print(entry(EntryType.ENTRY_CONF_CHANGE_V2, ByteString.EMPTY)))
                .isEqualTo("1/2 EntryConfChangeV2");
        assertThat(MessagePrinter.print(entry(EntryType.ENTRY_CONF_CHANGE_V2, ByteString.copyFromUtf8("?"))))
                .startsWith("1/2 EntryConfChangeV2 (unreadable: ");
    }

    @Test
    void changesThatAreNoneAreNamed() {
        assertThatThrownBy(() -> ConfChanges.parse("v")).hasMessage("unknown token v");
        assertThatThrownBy(() -> ConfChanges.parse("x1")).hasMessage("unknown input: x1");
        assertThatThrownBy(() -> ConfChanges.parse("vx")).hasMessage("not a number: x");
        assertThatThrownBy(() -> ConfChanges.parse("v-1")).hasMessage("must not be negative: -1");
    }

    @Test
    void addressesAreInBase16() {
        assertThat(Ids.printAddress("10")).isEqualTo("a");
        assertThat(Ids.printAddress("")).isEqualTo("None");
        assertThat(Ids.printAddress(RawNode.APPLY_THREAD)).isEqualTo("ApplyThread");
    }

    @Test
    void idsAreNumbersAndNobodyIsZero() throws Exception {
        assertThat(Ids.parse("0")).isEmpty();
        assertThat(Ids.parseAll(List.of("1", " 12"))).containsExactly("1", "12");
        assertThat(Ids.print("")).isEqualTo("0");
        assertThat(Ids.print(List.of("1", "", "12"))).isEqualTo("[1 0 12]");
        assertThatThrownBy(() -> Ids.smallNumber("3000000000")).hasMessage("too large: 3000000000");
    }

    @ParameterizedTest
    @EnumSource(
            value = MessageType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"UNRECOGNIZED"})
    void everyTypeOfMessageHasANameInScripts(MessageType type) throws Exception {
        String name = MessageTypes.print(type);

        assertThat(name).matches("Msg[A-Z][A-Za-z]+");
        assertThat(MessageTypes.parse(name)).isEqualTo(type);
    }

    @Test
    void anUnknownTypeOfMessageIsNamed() {
        assertThatThrownBy(() -> MessageTypes.parse("MsgNonsense")).hasMessage("unknown message type MsgNonsense");
    }

    @Test
    void dataIsQuoted() {
        assertThat(Quoted.of(ByteString.copyFromUtf8("a \"b\" \\ \n\t\r\u0007\u0001\u007f é 木")))
                .isEqualTo("\"a \\\"b\\\" \\\\ \\n\\t\\r\\a\\x01\\x7f é 木\"");
        assertThat(Quoted.of(ByteString.copyFrom(new byte[] {'a', (byte) 0xff, (byte) 0x80})))
                .isEqualTo("\"a\\xff\\x80\"");
    }

    private static Message.Builder message(MessageType type, String from, String to) {
        return Message.newBuilder().setType(type).setFrom(from).setTo(to);
    }

    private static Entry entry(long term, long index, String data) {
        return Entry.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setData(ByteString.copyFromUtf8(data))
                .build();
    }

    private static Entry entry(EntryType type, ByteString data) {
        return Entry.newBuilder()
                .setTerm(1)
                .setIndex(2)
                .setType(type)
                .setData(data)
                .build();
    }
}
