package io.reactorraft.simulation;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Another copy of all that is ours, linked to a core that was compiled from other sources: core and quorum from there,
 * and whatever links to them (runtime, test kit, simulation, the core's tests) loaded once more. The formats are shared.
 */
final class BrokenCore extends ClassLoader {

    private static final String OURS = "io.reactorraft.";
    private static final String SHARED = "io.reactorraft.proto.";

    private final Map<String, byte[]> compiled;
    private final @Nullable Path tests;

    /** {@code tests}: compiled classes that are not on the class path, the core's own tests; null: none. */
    BrokenCore(Map<String, byte[]> compiled, @Nullable Path tests) {
        super(BrokenCore.class.getClassLoader());
        this.compiled = Map.copyOf(compiled);
        this.tests = tests;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(OURS) || name.startsWith(SHARED)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        try {
            byte[] bytes = bytesOf(name);
            if (bytes == null) {
                throw new ClassNotFoundException(name);
            }
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException unreadable) {
            throw new ClassNotFoundException(name, unreadable);
        }
    }

    private byte @Nullable [] bytesOf(String name) throws IOException {
        byte[] bytes = compiled.get(name);
        if (bytes != null) {
            return bytes;
        }
        String resource = name.replace('.', '/') + ".class";
        if (tests != null && Files.exists(tests.resolve(resource))) {
            return Files.readAllBytes(tests.resolve(resource));
        }
        try (InputStream content = getParent().getResourceAsStream(resource)) {
            return content == null ? null : content.readAllBytes();
        }
    }

    /** Runs a script on this core: what differs; empty: nothing. */
    Optional<String> script(ScriptFile script) {
        return call("script", script.name(), script.text());
    }

    /** Runs a seed on this core: what is violated; empty: nothing. */
    Optional<String> seed(Trials trials, long seed) {
        return call("seed", trials.layer().name(), trials.mode().name(), seed);
    }

    /** Names stay the same on both sides, classes do not: nothing but the JDK's types may pass. */
    private Optional<String> call(String method, Object... arguments) {
        try {
            for (Method each : loadClass(Suites.class.getName()).getDeclaredMethods()) {
                if (each.getName().equals(method)) {
                    each.setAccessible(true);
                    return Optional.ofNullable((String) each.invoke(null, arguments));
                }
            }
            throw new AssertionError("no suite " + method);
        } catch (InvocationTargetException broken) {
            return Optional.of("broke: " + broken.getCause());
        } catch (ReflectiveOperationException | LinkageError broken) {
            return Optional.of("broke: " + broken);
        }
    }
}
