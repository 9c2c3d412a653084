package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Command line over environment over file over default, for every flag alike. */
class LayeredDefaultsTest {

    @TempDir
    Path directory;

    @Test
    void theNearestLayerWins() throws IOException {
        Map<String, String> environment = Map.of("RAFT_HEARTBEAT", "2ms", "RAFT_ELECTION_TIMEOUT", "20ms");
        String file = "heartbeat: 3ms\nelection-timeout: 30ms\nrequest-timeout: 300ms\n";
        ServeOptions options = parse(environment, file, "--heartbeat", "1ms");
        assertThat(options.heartbeat).isEqualTo(Duration.ofMillis(1));
        assertThat(options.electionTimeout).isEqualTo(Duration.ofMillis(20));
        assertThat(options.requestTimeout).isEqualTo(Duration.ofMillis(300));
        assertThat(options.clusterId).isEqualTo("default");
    }

    @Test
    void whatIsRequiredMayComeFromAnyLayer() throws IOException {
        ServeOptions options = new ServeOptions();
        command(options, Map.of("RAFT_ID", "n1", "RAFT_DATA_DIR", "d"), "initial-cluster: [n1=a:1, n2=b:2]\n")
                .parseArgs();
        assertThat(options.id).isEqualTo("n1");
        assertThat(options.dataDir).isEqualTo(Path.of("d"));
        assertThat(options.initialCluster).isEqualTo("n1=a:1,n2=b:2");
    }

    @Test
    void anEmptyVariableSaysNothing() throws IOException {
        assertThat(parse(Map.of("RAFT_HEARTBEAT", ""), "heartbeat: 3ms\n").heartbeat)
                .isEqualTo(Duration.ofMillis(3));
    }

    @Test
    void insecureIsAFlagAndAList() throws IOException {
        assertThat(parse(Map.of(), "").insecure).isEmpty();
        assertThat(parse(Map.of(), "", "--insecure").insecure).isEqualTo("true");
        assertThat(parse(Map.of(), "", "--insecure=peer,http").insecure).isEqualTo("peer,http");
        assertThat(parse(Map.of("RAFT_INSECURE", "true"), "").insecure).isEqualTo("true");
        assertThat(parse(Map.of(), "insecure: [peer, http]\n").insecure).isEqualTo("peer,http");
        assertThat(parse(Map.of("RAFT_INSECURE", "true"), "", "--insecure=peer").insecure)
                .isEqualTo("peer");
    }

    @Test
    void variablesThatAreNoFlagsAreFound() {
        Map<String, String> environment = Map.of(
                "RAFT_PORT", "tcp://10.0.0.1:80", "RAFT_ID", "n1", "RAFT_CONFIG", "f", "RAFT_HELP", "", "PATH", "/bin");
        CommandSpec serve = CommandSpec.forAnnotatedObject(new ServeOptions());
        assertThat(LayeredDefaults.unknownVariables(environment, serve)).containsExactly("RAFT_HELP", "RAFT_PORT");
    }

    private ServeOptions parse(Map<String, String> environment, String file, String... arguments) throws IOException {
        ServeOptions options = new ServeOptions();
        String[] all = new String[arguments.length + 3];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        all[arguments.length] = "--id=n1";
        all[arguments.length + 1] = "--data-dir=d";
        all[arguments.length + 2] = "--initial-cluster=n1=a:1";
        command(options, environment, file).parseArgs(all);
        return options;
    }

    private CommandLine command(ServeOptions options, Map<String, String> environment, String file) throws IOException {
        CommandLine command = new CommandLine(options).setCaseInsensitiveEnumValuesAllowed(true);
        Path path = Files.writeString(directory.resolve("raft.yaml"), file);
        SettingsFile settings = SettingsFile.read(path, LayeredDefaults.names(command.getCommandSpec()));
        return command.setDefaultValueProvider(new LayeredDefaults(environment, settings));
    }
}
