package io.reactorraft.server.cli;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A configuration file: the flags without their dashes, one a line, as YAML. Values are taken as they are written, never
 * as YAML's numbers or dates; a list stands for its parts with commas between.
 *
 * @param path of the file, for messages
 * @param values by the name of the flag
 * @param lines where each stands, counted from 1
 */
record SettingsFile(Path path, Map<String, String> values, Map<String, Integer> lines) {

    /** Far more than all flags together need. */
    private static final int MAX_BYTES = 64 << 10;

    /**
     * Reads and checks the file.
     *
     * @param known the names that may stand in it
     * @throws IllegalArgumentException in one line: the file, the line in it and what is wrong
     */
    static SettingsFile read(Path path, Set<String> known) {
        SettingsFile file = new SettingsFile(path, new LinkedHashMap<>(), new LinkedHashMap<>());
        Node root = file.parse(file.text());
        if (root == null) {
            return file; // nothing but comments
        }
        if (!(root instanceof MappingNode mapping)) {
            throw file.wrong(root, "must be lines of name: value");
        }
        for (NodeTuple tuple : mapping.getValue()) {
            file.add(tuple, known);
        }
        return file;
    }

    private String text() {
        try {
            if (Files.size(path) > MAX_BYTES) {
                throw new IllegalArgumentException(path + ": has more than " + MAX_BYTES + " bytes");
            }
            return Files.readString(path);
        } catch (NoSuchFileException missing) {
            throw new IllegalArgumentException(path + ": there is no such file", missing);
        } catch (CharacterCodingException notUtf8) {
            throw new IllegalArgumentException(path + ": is not UTF-8", notUtf8);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(path + ": cannot be read (" + unreadable.getMessage() + ")", unreadable);
        }
    }

    private @Nullable Node parse(String text) {
        try {
            return new Yaml(new LoaderOptions()).compose(new StringReader(text));
        } catch (MarkedYAMLException notYaml) {
            int line = notYaml.getProblemMark() == null
                    ? 1
                    : notYaml.getProblemMark().getLine() + 1;
            throw new IllegalArgumentException(path + ":" + line + ": is not YAML: " + notYaml.getProblem(), notYaml);
        } catch (YAMLException notYaml) {
            throw new IllegalArgumentException(path + ": is not YAML: " + notYaml.getMessage(), notYaml);
        }
    }

    private void add(NodeTuple tuple, Set<String> known) {
        if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
            throw wrong(tuple.getKeyNode(), "a name must be plain text");
        }
        String name = key.getValue();
        if (!known.contains(name)) {
            throw wrong(key, "unknown setting '" + name + "'; names are those of the flags, without dashes in front");
        }
        if (values.containsKey(name)) {
            throw wrong(key, "'" + name + "' is set twice, first in line " + lines.get(name));
        }
        values.put(name, value(name, tuple.getValueNode()));
        lines.put(name, key.getStartMark().getLine() + 1);
    }

    private String value(String name, Node node) {
        if (node instanceof SequenceNode sequence) {
            List<Node> parts = sequence.getValue();
            return parts.stream().map(part -> value(name, part)).collect(Collectors.joining(","));
        }
        if (!(node instanceof ScalarNode scalar) || node.getTag().equals(Tag.NULL)) {
            throw wrong(node, "'" + name + "' must have a value, or a list of them");
        }
        return scalar.getValue();
    }

    private IllegalArgumentException wrong(Node at, String what) {
        return new IllegalArgumentException(path + ":" + (at.getStartMark().getLine() + 1) + ": " + what);
    }
}
