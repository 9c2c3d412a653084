package io.reactorraft.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;

/** The core's own tests, as compiled, run against a core of other sources. */
final class UnitTests {

    private static final List<String> PACKAGES = List.of("io/reactorraft/core", "io/reactorraft/quorum");

    private final List<String> names;

    private UnitTests(List<String> names) {
        this.names = names;
    }

    /** {@code classes}: the folder of compiled tests, as in {@code reactor-raft/target/test-classes}. */
    static UnitTests in(Path classes) throws IOException {
        List<String> names = new ArrayList<>();
        for (String packageFolder : PACKAGES) {
            try (Stream<Path> listed = Files.list(classes.resolve(packageFolder))) {
                listed.map(file -> file.getFileName().toString())
                        .filter(file -> file.endsWith("Test.class"))
                        .sorted()
                        .forEach(file -> names.add(packageFolder.replace('/', '.') + "." + file.replace(".class", "")));
            }
        }
        return new UnitTests(names);
    }

    /** Class by class. */
    List<String> names() {
        return names;
    }

    /** What fails first in this class; empty: nothing. */
    static Optional<String> run(String name, ClassLoader loader) {
        Thread.currentThread().setContextClassLoader(loader);
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        try {
            LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                    .selectors(DiscoverySelectors.selectClass(Class.forName(name, true, loader)))
                    .build();
            Launcher launcher = LauncherFactory.create();
            launcher.execute(request, listener);
        } catch (ClassNotFoundException | LinkageError broken) {
            return Optional.of("broke: " + broken);
        } finally {
            Thread.currentThread().setContextClassLoader(UnitTests.class.getClassLoader());
        }
        if (listener.getSummary().getTestsFoundCount() == 0) {
            return Optional.of("broke: no test in " + name);
        }
        return listener.getSummary().getFailures().stream()
                .findFirst()
                .map(failure -> name.substring(name.lastIndexOf('.') + 1) + "."
                        + failure.getTestIdentifier().getDisplayName() + ": " + failure.getException());
    }
}
