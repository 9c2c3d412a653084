package io.reactorraft.benchmarks;

import io.reactorraft.RaftNode;
import io.reactorraft.RaftNodeBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * One member of the measured cluster, in a process of its own; {@link NodeConsole} tells what it understands. Ends as
 * soon as its standard input does, so that no node outlives the process that started it.
 */
@Command(name = "node", hidden = true, description = "One member of the measured cluster; started by the others.")
final class NodeCommand implements Callable<Integer> {

    @Option(names = "--id", required = true)
    private String id = "";

    @Option(names = "--members", required = true)
    private String members = "";

    @Option(names = "--listen", description = "where its own port is another than the one the others know")
    private @Nullable String listen;

    @Option(names = "--data-dir", required = true)
    private Path dataDir = Path.of("");

    @Option(names = "--size", required = true)
    private int size;

    @Override
    public Integer call() throws IOException {
        CountingMachine machine = new CountingMachine();
        RaftNodeBuilder<byte[], Long> builder = RaftNode.builder(id, machine)
                .dataDir(dataDir)
                .members(members.split(",", -1))
                .clusterId("benchmark");
        RaftNode<byte[], Long> node = (listen == null ? builder : builder.listen(listen)).build();
        run(node, answers -> new NodeConsole(node, machine::count, size, answers, Pause.REAL));
        return 0;
    }

    /** Starts a node and answers the other side about it, until that ends, and with it this process. */
    static void run(RaftNode<?, ?> node, Function<PrintStream, Console> consoles) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err); // whatever a library prints belongs into the log
        try {
            Console console = consoles.apply(answers);
            node.closed()
                    .subscribe(ending -> end(console, ending.toString()), failed -> end(console, failed.toString()));
            node.start().block();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> node.stop().block()));
            console.say("started");
            node.ready().subscribe(done -> {}, failed -> console.say("error " + failed), () -> console.say("ready"));
            converse(console);
        } catch (RuntimeException failed) {
            answers.println("@error " + failed);
            throw failed;
        }
        Runtime.getRuntime().halt(0); // the other side is gone, or wants us gone: nothing here is to be kept
    }

    /** A node's side of the conversation. */
    interface Console {
        void answer(String command) throws InterruptedException;

        void say(String answer);
    }

    /** Commands run beside this thread, which watches for the end of the input even while one takes its time. */
    private static void converse(Console console) throws IOException {
        ExecutorService commands = Executors.newSingleThreadExecutor(run -> {
            Thread thread = new Thread(run, "node-console");
            thread.setDaemon(true);
            return thread;
        });
        try (BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                String command = line;
                commands.execute(() -> {
                    try {
                        console.answer(command);
                    } catch (InterruptedException ending) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        } finally {
            commands.shutdownNow();
        }
    }

    private static void end(Console console, String why) {
        console.say("error the node ended: " + why);
        Runtime.getRuntime().halt(1);
    }
}
