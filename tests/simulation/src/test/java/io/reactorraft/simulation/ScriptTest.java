package io.reactorraft.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScriptTest {

    @Test
    void aDirectiveHasACommandArgumentsInputAndWhatItPrints() throws Exception {
        Script script = Script.parse("some.txt", """
                # A comment.
                propose-conf-change 1 v1=true ids=(1, 2,3)
                v2 l3
                ----
                first
                second

                status 1
                ----
                ok
                """);

        assertThat(script.directives()).hasSize(2);
        Directive first = script.directives().get(0);
        assertThat(first.line()).isEqualTo(2);
        assertThat(first.command()).isEqualTo("propose-conf-change");
        assertThat(first.positional()).containsExactly("1");
        assertThat(first.value("v1")).contains("true");
        assertThat(first.values("ids")).containsExactly("1", "2", "3");
        assertThat(first.value("absent")).isEqualTo(Optional.empty());
        assertThat(first.input()).isEqualTo("v2 l3");
        assertThat(first.expected()).containsExactly("first", "second");
        assertThat(script.directives().get(1).line()).isEqualTo(8);
    }

    @Test
    void aBackslashContinuesADirective() throws Exception {
        assertThat(only("add-nodes 3 \\\n  voters=(1,2) \\\n  index=10\n----\nok\n")
                        .arguments())
                .containsExactly(
                        new Argument("3", List.of()),
                        new Argument("voters", List.of("1", "2")),
                        new Argument("index", List.of("10")));
    }

    @Test
    void twoSeparatorsAllowBlankLinesUpToTwoMore() throws Exception {
        Script script = Script.parse("f", "cmd\n----\n----\na\n\n----\nb\n----\n----\n\nnext\n----\nok\n");

        assertThat(script.directives().get(0).expected()).containsExactly("a", "", "----", "b");
        assertThat(script.directives().get(1).command()).isEqualTo("next");
    }

    @Test
    void nothingMayBeExpected() throws Exception {
        assertThat(only("cmd\n----\n").expected()).isEmpty();
        assertThat(only("cmd\n----").expected()).isEmpty();
    }

    @Test
    void parenthesesNest() throws Exception {
        assertThat(only("cmd e=(a + (b, c), d) f=\n----\n").arguments())
                .containsExactly(new Argument("e", List.of("a + (b, c)", "d")), new Argument("f", List.of("")));
    }

    @Test
    void subtestsOnlyGroup() throws Exception {
        assertThat(Script.parse("f", "subtest one\n\ncmd\n----\nok\n\nsubtest end\n")
                        .directives())
                .extracting(Directive::command)
                .containsExactly("cmd");
    }

    @Test
    void whatIsNoScriptIsRefusedWithThePlace() {
        assertThatThrownBy(() -> Script.parse("f.txt", "# only a comment\n"))
                .isInstanceOf(ScriptFormatException.class)
                .hasMessage("f.txt: no directive found");
        assertThatThrownBy(() -> Script.parse("f.txt", "\ncmd\ninput\n"))
                .hasMessage("f.txt:2: no ---- after this directive");
        assertThatThrownBy(() -> Script.parse("f.txt", "cmd a=(1,2\n----\n"))
                .hasMessage("f.txt:1: column 11 should have a closing parenthesis: cmd a=(1,2");
        assertThatThrownBy(() -> Script.parse("f.txt", "cmd =1\n----\n"))
                .hasMessage("f.txt:1: column 5 should have a key: cmd =1");
    }

    @Test
    void missingAndRepeatedArgumentsAreNamed() throws Exception {
        Directive directive = only("cmd a=1 a=2\n----\n");

        assertThatThrownBy(() -> directive.positional(0))
                .isInstanceOf(CommandException.class)
                .hasMessage("cmd needs 1 arguments, has 0");
        assertThatThrownBy(() -> directive.value("a")).hasMessage("cmd takes one a, not 2");
    }

    @Test
    void theKindShowsInTheFirstCommand() throws Exception {
        assertThat(kind("committed cfg=(1)")).isEqualTo(ScriptKind.QUORUM);
        assertThat(kind("vote cfg=(1)")).isEqualTo(ScriptKind.QUORUM);
        assertThat(kind("simple")).isEqualTo(ScriptKind.CONFCHANGE);
        assertThat(kind("enter-joint")).isEqualTo(ScriptKind.CONFCHANGE);
        assertThat(kind("leave-joint")).isEqualTo(ScriptKind.CONFCHANGE);
        assertThat(kind("add-nodes 1")).isEqualTo(ScriptKind.INTERACTION);
    }

    private static ScriptKind kind(String directive) throws ScriptFormatException {
        return ScriptKind.of(Script.parse("f", directive + "\n----\n"));
    }

    private static Directive only(String text) throws ScriptFormatException {
        List<Directive> directives = Script.parse("f", text).directives();
        assertThat(directives).hasSize(1);
        return directives.get(0);
    }
}
