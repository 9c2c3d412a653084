package io.reactorraft.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;

/** The rules, one constant each. {@link HouseRulesTest} holds the code to them, and them to a violation each. */
final class HouseRules {

    private static final String[] JDK = {"java..", "javax..", "org.jspecify.."};

    static final ArchRule QUORUM_KNOWS_THE_JDK_ALONE = classes()
            .that()
            .resideInAPackage("io.reactorraft.quorum")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.reactorraft.quorum", "java.lang..", "java.util..", "org.jspecify..")
            .because("it is arithmetic");

    static final ArchRule CORE_KNOWS_QUORUM_AND_PROTOBUF_ALONE = classes()
            .that()
            .resideInAPackage("io.reactorraft.core")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "io.reactorraft.core",
                    "io.reactorraft.quorum",
                    "io.reactorraft.proto",
                    "com.google.protobuf",
                    "java.lang..",
                    "java.util..",
                    "org.jspecify..")
            .because("the core decides and the runtime does");

    static final ArchRule CORE_HAS_NO_CLOCK_THREAD_OR_CHANCE = noClasses()
            .that()
            .resideInAnyPackage("io.reactorraft.core", "io.reactorraft.quorum")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.util.concurrent..", "java.time..", "java.io..", "java.nio..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.lang.Thread")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Math.class, "random")
            .because("the same messages and ticks must give the same run");

    static final ArchRule SPI_KNOWS_CORE_AND_REACTOR = classes()
            .that()
            .resideInAPackage("io.reactorraft.spi")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(with(
                    JDK,
                    "io.reactorraft.spi",
                    "io.reactorraft.core",
                    "io.reactorraft.proto",
                    "com.google.protobuf",
                    "reactor.core..",
                    "reactor.util.context..",
                    "org.reactivestreams.."))
            .because("whoever implements it should need nothing else");

    static final ArchRule RUNTIME_KNOWS_NO_IMPLEMENTATION = noClasses()
            .that()
            .resideInAPackage("io.reactorraft")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.reactorraft.wal..",
                    "io.reactorraft.rsocket..",
                    "io.reactorraft.server..",
                    "io.rsocket..",
                    "io.netty..",
                    "reactor.netty..",
                    "net.openhft..",
                    "org.springframework..")
            .because("transport and log are found, not known");

    static final ArchRule TRANSPORT_KNOWS_THE_SPI_ALONE = noClasses()
            .that()
            .resideInAPackage("io.reactorraft.rsocket..")
            .should()
            .dependOnClassesThat(residesInOurs("io.reactorraft.rsocket", "io.reactorraft.spi", "io.reactorraft.proto"))
            .because("it carries messages and does not understand them");

    static final ArchRule LOG_KNOWS_THE_SPI_AND_THE_VIEW_ALONE = noClasses()
            .that()
            .resideInAPackage("io.reactorraft.wal..")
            .should()
            .dependOnClassesThat(residesInOurs(
                    "io.reactorraft.wal", "io.reactorraft.spi", "io.reactorraft.proto", "io.reactorraft.core"))
            .because("it stores entries and does not understand them");

    static final ArchRule NOTHING_BLOCKS = noClasses()
            .that()
            .resideInAnyPackage("io.reactorraft", "io.reactorraft.core..", "io.reactorraft.rsocket..")
            .should()
            .callMethodWhere(blocking())
            .because("nothing blocks a reactive thread");

    static final ArchRule NAMES_SAY_WHAT = noClasses()
            .should()
            .haveNameMatching(".*(Impl|Util|Utils|Helper|Helpers|Manager|Common|Base)")
            .because("such a name says nothing of what a class is for");

    private HouseRules() {}

    private static DescribedPredicate<JavaMethodCall> blocking() {
        return new DescribedPredicate<>("it waits") {
            private final List<String> names =
                    List.of("block", "blockFirst", "blockLast", "blockOptional", "toIterable", "toStream");

            @Override
            public boolean test(JavaMethodCall call) {
                String owner = call.getTargetOwner().getName();
                boolean publisher = owner.startsWith("reactor.core.publisher.") && names.contains(call.getName());
                boolean sleep =
                        owner.equals("java.lang.Thread") && call.getName().equals("sleep");
                boolean latch = owner.equals("java.util.concurrent.CountDownLatch")
                        && call.getName().equals("await");
                return publisher || sleep || latch;
            }
        };
    }

    /** Our own packages, but for these. */
    private static DescribedPredicate<JavaClass> residesInOurs(String... allowed) {
        return new DescribedPredicate<>("reside in a package of ours other than " + String.join(", ", allowed)) {
            @Override
            public boolean test(JavaClass each) {
                String name = each.getPackageName();
                return name.startsWith("io.reactorraft") && !List.of(allowed).contains(name);
            }
        };
    }

    private static String[] with(String[] some, String... more) {
        String[] all = java.util.Arrays.copyOf(some, some.length + more.length);
        System.arraycopy(more, 0, all, some.length, more.length);
        return all;
    }
}
