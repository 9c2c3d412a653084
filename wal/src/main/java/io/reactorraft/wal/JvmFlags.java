package io.reactorraft.wal;

import io.reactorraft.spi.StartRefusedException;
import io.reactorraft.spi.StartRefusedException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import net.openhft.chronicle.core.Jvm;
import net.openhft.posix.PosixAPI;

/**
 * Chronicle maps memory through internals of the JDK. Without them it fails in ways that are hard to read, or becomes
 * read-only in silence, so the log refuses to start and names what to add.
 */
final class JvmFlags {

    /** What is asked of {@code java.base}: a package, and the flag that gives it. */
    private static final List<String> OPENED = List.of("java.lang.reflect", "sun.nio.ch");

    private static final List<String> EXPORTED = List.of("jdk.internal.ref");
    private static final int FIRST_WITH_NATIVE_ACCESS_FLAG = 22;

    private JvmFlags() {}

    /** Refuses where a flag is missing. Touches no class of Chronicle's. */
    static void check() {
        Module base = Object.class.getModule();
        Module chronicle = chronicle();
        refuse(missing(opened -> base.isOpen(opened, chronicle), exported -> base.isExported(exported, chronicle)));
    }

    /** Refuses where Chronicle found no way to the system's own calls: it would then do nothing, and say that it had. */
    static void checkNativeAccess() {
        if (PosixAPI.posix().getClass().getSimpleName().startsWith("NoOp")) {
            refuse(
                    Runtime.version().feature() >= FIRST_WITH_NATIVE_ACCESS_FLAG
                            ? List.of("--enable-native-access=ALL-UNNAMED")
                            : List.of("the jars of jnr-ffi, jffi (with its native classifier) and asm"));
        }
    }

    /** Quietens what Chronicle would otherwise start or say by itself; what the user has set stays. */
    static void calm() {
        for (String switchedOff : List.of(
                "chronicle.analytics.disable", "chronicle.announcer.disable", "chronicle.disk.monitor.disable")) {
            if (System.getProperty(switchedOff) == null) {
                System.setProperty(switchedOff, "true");
            }
        }
    }

    /** Keeps Chronicle from telling at INFO how long each mapping took. */
    static void quieten() {
        Jvm.disablePerfHandler();
    }

    static List<String> missing(Predicate<String> opened, Predicate<String> exported) {
        List<String> flags = new ArrayList<>();
        for (String name : OPENED) {
            if (!opened.test(name)) {
                flags.add("--add-opens java.base/" + name + "=ALL-UNNAMED");
            }
        }
        for (String name : EXPORTED) {
            if (!exported.test(name)) {
                flags.add("--add-exports java.base/" + name + "=ALL-UNNAMED");
            }
        }
        return flags;
    }

    private static void refuse(List<String> flags) {
        if (!flags.isEmpty()) {
            throw new StartRefusedException(
                    Kind.FLAGS, "the log cannot map its files: start the JVM with " + String.join(" ", flags));
        }
    }

    /** The module that Chronicle's classes are in, without initialising one. */
    private static Module chronicle() {
        try {
            return Class.forName("net.openhft.chronicle.core.Jvm", false, JvmFlags.class.getClassLoader())
                    .getModule();
        } catch (ClassNotFoundException e) {
            throw new StartRefusedException(
                    Kind.FLAGS,
                    "the log cannot map its files: add chronicle-queue and what it needs to the class path",
                    e);
        }
    }
}
