package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A peer's process")
class PeerProcessTest {

    private static final ByteString BOOT = ByteString.copyFromUtf8("boot");
    private static final ByteString LATER_BOOT = ByteString.copyFromUtf8("later boot");

    private final PeerProcess process = new PeerProcess();

    @Test
    void isGoneOnceNoConnectionStandsAndNobodyAnswersInWhateverOrderThatIsSeen() {
        process.connected(BOOT);
        process.arrived(BOOT);
        assertThat(process.disconnected()).isFalse();
        assertThat(process.missed(true)).as("its connection to us stands").isFalse();
        assertThat(process.left()).isTrue();

        process.connected(BOOT);
        process.arrived(BOOT);
        assertThat(process.left()).isFalse();
        assertThat(process.disconnected()).isFalse();
        assertThat(process.isInDoubt()).isTrue();
        assertThat(process.missed(true)).isTrue();
    }

    @Test
    void isGoneOnlyOnce() {
        process.connected(BOOT);
        process.disconnected();
        assertThat(process.missed(true)).isTrue();
        assertThat(process.missed(true)).isFalse();
        assertThat(process.isInDoubt()).isFalse();
    }

    @Test
    void isNotGoneWhileItAnswersOrNobodyKnows() {
        assertThat(process.missed(true)).as("it was never there").isFalse();
        process.connected(BOOT);
        process.disconnected();
        assertThat(process.missed(false)).as("no answer in time").isFalse();
        process.connected(BOOT);
        assertThat(process.missed(true)).as("another address of it").isFalse();
    }

    @Test
    void isGoneOnceAnotherBootIsMet() {
        process.connected(BOOT);
        process.disconnected();
        assertThat(process.connected(LATER_BOOT)).isTrue();
        assertThat(process.connected(LATER_BOOT)).isFalse();
        assertThat(process.arrived(LATER_BOOT)).isFalse();
        assertThat(process.arrived(BOOT)).isTrue();
    }
}
