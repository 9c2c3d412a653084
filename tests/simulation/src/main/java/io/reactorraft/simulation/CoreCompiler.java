package io.reactorraft.simulation;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Compiles the core in memory: no file is read but the class path's, and none is written. */
final class CoreCompiler {

    private CoreCompiler() {}

    /** The classes of these sources, by binary name. */
    static Map<String, byte[]> compile(CoreSources sources) throws BugException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        if (compiler == null) {
            throw new BugException("this is a Java runtime without a compiler: run it on a JDK");
        }
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        List<JavaFileObject> units = new ArrayList<>();
        sources.texts().forEach((path, text) -> units.add(new Source(path, text)));
        Map<String, ByteArrayOutputStream> made = new HashMap<>();
        List<String> options =
                List.of("-proc:none", "-nowarn", "-parameters", "-g", "-cp", System.getProperty("java.class.path", ""));
        try (JavaFileManager files =
                new Memory(compiler.getStandardFileManager(problems, Locale.ROOT, StandardCharsets.UTF_8), made)) {
            if (!compiler.getTask(null, files, problems, options, null, units).call()) {
                throw new BugException("does not compile: " + firstError(problems));
            }
        } catch (IOException impossible) {
            throw new BugException("does not compile: " + impossible);
        }
        Map<String, byte[]> classes = new HashMap<>();
        made.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
        return classes;
    }

    private static String firstError(DiagnosticCollector<JavaFileObject> problems) {
        return problems.getDiagnostics().stream()
                .filter(problem -> problem.getKind() == Diagnostic.Kind.ERROR)
                .findFirst()
                .map(Object::toString)
                .orElse("the compiler does not say why");
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String path, String text) {
            super(URI.create("memory:///" + path), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
        private final Map<String, ByteArrayOutputStream> made;

        Memory(JavaFileManager files, Map<String, ByteArrayOutputStream> made) {
            super(files);
            this.made = made;
        }

        @Override
        public JavaFileObject getJavaFileForOutput(
                Location location, String className, JavaFileObject.Kind kind, @Nullable FileObject sibling) {
            return new SimpleJavaFileObject(URI.create("memory:///" + className.replace('.', '/')), kind) {
                @Override
                public OutputStream openOutputStream() {
                    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                    made.put(className, bytes);
                    return bytes;
                }
            };
        }
    }
}
