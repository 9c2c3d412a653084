package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.reactorraft.RaftException;
import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitCodeTest {

    @ParameterizedTest
    @CsvSource({"FOREIGN,1", "LOCKED,1", "FLAGS,1", "UNWRITABLE,1", "ADDRESS,1", "DAMAGED,4", "NEWER,4"})
    void aRefusalTellsWhetherARestartHelps(Kind kind, int code) {
        StartRefusedException refused = new StartRefusedException(kind, "data/n1: is what it is", new IOException("x"));
        RaftException.Stopped stopped = new RaftException.Stopped("the node could not start", refused);
        assertThat(ExitCode.of(stopped)).isEqualTo(code);
        assertThat(ExitCode.line(stopped)).isEqualTo("data/n1: is what it is");
        assertThat(ExitCode.of(refused)).isEqualTo(code);
    }

    @Test
    void aFailureOfARunningNodeIsNoWrongUsageWhateverItsType() {
        assertThat(ExitCode.of(new IllegalArgumentException("thrown by a state machine")))
                .isEqualTo(1);
    }

    @Test
    void anythingElseMayPass() {
        RaftException.Stopped failed = new RaftException.Stopped("the node failed", new IOException("No space\nleft"));
        assertThat(ExitCode.of(failed)).isEqualTo(1);
        assertThat(ExitCode.line(failed))
                .as("one line, with the cause")
                .isEqualTo("the node failed: java.io.IOException: No space left");
        assertThat(ExitCode.line(new IllegalStateException())).isEqualTo("IllegalStateException");
    }
}
