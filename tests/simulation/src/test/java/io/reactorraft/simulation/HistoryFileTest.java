package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.Operation;
import io.reactorraft.testkit.Verdict.Outcome;
import org.junit.jupiter.api.Test;

class HistoryFileTest {

    @Test
    void readsTheLogOfARegister() throws Exception {
        HistoryFile file = HistoryFile.parse("f.log", """
                INFO  jepsen.util - 0\t:invoke\t:read\tnil
                INFO  jepsen.util - 1\t:invoke\t:write\t4
                INFO  jepsen.util - 0\t:ok\t:read\tnil
                INFO  jepsen.util - 1\t:ok\t:write\t4
                INFO  jepsen.util - 2\t:invoke\t:cas\t[3 0]
                INFO  jepsen.util - 2\t:fail\t:cas\t[3 0]
                INFO  jepsen.util - 2\t:invoke\t:cas\t[4 5]
                INFO  jepsen.util - 2\t:info\t:cas\t:timed-out
                INFO  jepsen.util - 3\t:invoke\t:read\tnil
                INFO  jepsen.util - 3\t:fail\t:read\t:timed-out
                """);

        assertThat(file.operations())
                .containsExactly(
                        new Operation<>(0, KeyValueCall.get("register"), KeyValueAnswer.NOTHING, 0, 2),
                        new Operation<>(1, KeyValueCall.put("register", "4"), KeyValueAnswer.DONE, 1, 3),
                        new Operation<>(
                                2, KeyValueCall.compareAndSet("register", "3", "0"), KeyValueAnswer.NOTHING, 4, 5),
                        new Operation<>(2, KeyValueCall.compareAndSet("register", "4", "5"), null, 6, Operation.NEVER));
        assertThat(file.check().outcome()).isEqualTo(Outcome.LINEARIZABLE);
    }

    @Test
    void readsTheMapsOfAKeyValueStore() throws Exception {
        HistoryFile file = HistoryFile.parse("f.txt", """
                {:process 0, :type :invoke, :f :append, :key "a", :value "x \\"y\\""}
                {:process 1, :type :invoke, :f :get, :key "b", :value nil}
                {:process 0, :type :ok, :f :append, :key "a", :value "x \\"y\\""}
                {:process 1, :type :ok, :f :get, :key "b", :value ""}
                {:process 1, :type :invoke, :f :put, :key "b", :value "z"}
                """);

        assertThat(file.operations())
                .containsExactly(
                        new Operation<>(0, KeyValueCall.append("a", "x \"y\""), KeyValueAnswer.DONE, 0, 2),
                        new Operation<>(1, KeyValueCall.get("b"), KeyValueAnswer.found(""), 1, 3),
                        new Operation<>(1, KeyValueCall.put("b", "z"), null, 4, Operation.NEVER));
        assertThat(file.check().outcome())
                .as("there an absent key is an empty value")
                .isEqualTo(Outcome.LINEARIZABLE);
    }

    @Test
    void whatIsNoHistoryIsRefusedWithThePlace() {
        assertThatThrownBy(() -> HistoryFile.parse("f", "\n"))
                .isInstanceOf(ScriptFormatException.class)
                .hasMessage("f: no history in it");
        assertThatThrownBy(() -> HistoryFile.parse("f", "nonsense"))
                .hasMessage("f:1: not an event of a history: nonsense");
        assertThatThrownBy(() -> HistoryFile.parse("f", "I j - 1 :ok :read nil"))
                .hasMessage("f:1: process 1 asked nothing");
        assertThatThrownBy(() -> HistoryFile.parse("f", "I j - 1 :invoke :read nil\nI j - 1 :invoke :read nil"))
                .hasMessage("f:2: process 1 already waits for an answer");
        assertThatThrownBy(() -> HistoryFile.parse("f", "I j - 1 :invoke :cas 5"))
                .hasMessage("f:1: not an event of a history: I j - 1 :invoke :cas 5");
        assertThatThrownBy(() -> HistoryFile.parse("f", "I j - 1 :invoke :read nil\nI j - 1 :maybe :read nil"))
                .hasMessage("f:2: not an event of a history: I j - 1 :maybe :read nil");
    }
}
