package io.reactorraft.simulation;

import io.reactorraft.testkit.History;
import io.reactorraft.testkit.KeyValueAnswer;
import io.reactorraft.testkit.KeyValueCall;
import io.reactorraft.testkit.KeyValueModel;
import io.reactorraft.testkit.LinearizabilityChecker;
import io.reactorraft.testkit.Operation;
import io.reactorraft.testkit.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads client histories in the two forms they come in: the log of a register under test
 * ({@code INFO jepsen.util - 3 :invoke :cas [1 2]}) and maps of a key-value store
 * ({@code {:process 3, :type :invoke, :f :append, :key "k", :value "x"}}).
 *
 * <p>An operation that ends with {@code :info}, or not at all, has an unknown outcome. One that ends with {@code :fail}
 * did not happen, except a compare-and-set that was refused: that is an answer, and says what the value was not.
 */
final class HistoryFile {

    private static final Pattern REGISTER_LINE =
            Pattern.compile("\\S+\\s+\\S+ - (?<process>\\d+)\\s+:(?<type>\\w+)\\s+:(?<f>\\w+)\\s+(?<value>.*)");
    private static final Pattern MAP_LINE =
            Pattern.compile("\\{:process (?<process>\\d+), :type :(?<type>\\w+), :f :(?<f>\\w+), "
                    + ":key \"(?<key>[^\"]*)\", :value (?<value>nil|\".*\")\\}");
    private static final Pattern PAIR = Pattern.compile("\\[(\\S+) (\\S+)\\]");
    private static final String REGISTER = "register";
    private static final String NIL = "nil";
    private static final String TIMED_OUT = ":timed-out";

    private final String name;
    private final KeyValueModel model;
    private final Pattern form;
    private final History<KeyValueCall, KeyValueAnswer> history = new History<>();
    private final Map<Long, Pending> pending = new HashMap<>();

    private record Pending(KeyValueCall input, History<KeyValueCall, KeyValueAnswer>.Call call) {}

    private HistoryFile(String name, KeyValueModel model, Pattern form) {
        this.name = name;
        this.model = model;
        this.form = form;
    }

    /** The history in this text. */
    static HistoryFile parse(String name, String text) throws ScriptFormatException {
        List<String> lines = text.lines().filter(line -> !line.isBlank()).toList();
        if (lines.isEmpty()) {
            throw new ScriptFormatException(name + ": no history in it");
        }
        HistoryFile file = lines.get(0).startsWith("{")
                ? new HistoryFile(name, KeyValueModel.startingWith(""), MAP_LINE)
                : new HistoryFile(name, KeyValueModel.startingEmpty(), REGISTER_LINE);
        for (int i = 0; i < lines.size(); i++) {
            file.event(i + 1, lines.get(i));
        }
        return file;
    }

    List<Operation<KeyValueCall, KeyValueAnswer>> operations() {
        return history.operations();
    }

    Verdict<KeyValueCall, KeyValueAnswer> check() {
        return new LinearizabilityChecker<>(model).check(history.operations());
    }

    private void event(int lineNumber, String line) throws ScriptFormatException {
        Matcher parts = form.matcher(line);
        if (!parts.matches()) {
            throw unreadable(lineNumber, line);
        }
        long process = Long.parseLong(parts.group("process"));
        String value = parts.group("value").strip();
        if (parts.group("type").equals("invoke")) {
            String key = form == MAP_LINE ? parts.group("key") : REGISTER;
            KeyValueCall input = call(lineNumber, line, parts.group("f"), key, value);
            if (pending.put(process, new Pending(input, history.invoke(process, input))) != null) {
                throw new ScriptFormatException(
                        name + ":" + lineNumber + ": process " + process + " already waits for an answer");
            }
            return;
        }
        Pending asked = pending.remove(process);
        if (asked == null) {
            throw new ScriptFormatException(name + ":" + lineNumber + ": process " + process + " asked nothing");
        }
        switch (parts.group("type")) {
            case "ok" -> asked.call().returned(answer(asked.input(), value));
            case "fail" -> fail(asked, value);
            case "info" -> {
                // Unknown for ever; the call stays open.
            }
            default -> throw unreadable(lineNumber, line);
        }
    }

    private KeyValueCall call(int lineNumber, String line, String f, String key, String value)
            throws ScriptFormatException {
        switch (f) {
            case "read", "get" -> {
                return KeyValueCall.get(key);
            }
            case "write", "put" -> {
                return KeyValueCall.put(key, unquoted(value));
            }
            case "append" -> {
                return KeyValueCall.append(key, unquoted(value));
            }
            case "cas" -> {
                Matcher pair = PAIR.matcher(value);
                if (pair.matches()) {
                    return KeyValueCall.compareAndSet(key, pair.group(1), pair.group(2));
                }
            }
            default -> {
                // Falls out of the switch, to be reported.
            }
        }
        throw unreadable(lineNumber, line);
    }

    private static KeyValueAnswer answer(KeyValueCall input, String value) {
        return input.kind() == KeyValueCall.Kind.GET ? KeyValueAnswer.found(orNothing(value)) : KeyValueAnswer.DONE;
    }

    private static void fail(Pending asked, String value) {
        if (asked.input().kind() == KeyValueCall.Kind.COMPARE_AND_SET && !value.equals(TIMED_OUT)) {
            asked.call().returned(KeyValueAnswer.NOTHING);
        } else {
            asked.call().neverHappened();
        }
    }

    private static @Nullable String orNothing(String value) {
        return value.equals(NIL) ? null : unquoted(value);
    }

    private static String unquoted(String value) {
        boolean isQuoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return isQuoted
                ? value.substring(1, value.length() - 1).replace("\\\"", "\"").replace("\\\\", "\\")
                : value;
    }

    private ScriptFormatException unreadable(int lineNumber, String line) {
        return new ScriptFormatException(name + ":" + lineNumber + ": not an event of a history: " + line);
    }
}
