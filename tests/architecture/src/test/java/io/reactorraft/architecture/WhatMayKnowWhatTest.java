package io.reactorraft.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** The arrows of the design's first chapter: which package may know which. */
class WhatMayKnowWhatTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.reactorraft");

    @Test
    void theClassesWereLoaded() {
        assertThat(CLASSES.size()).isGreaterThan(30);
        assertThat(CLASSES.contain("io.reactorraft.core.Ready")).isTrue();
    }

    @Test
    void quorumKnowsTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage("io.reactorraft.quorum")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("io.reactorraft.quorum", "java.lang..", "java.util..", "org.jspecify..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void coreKnowsQuorumAndProtobufAlone() {
        classes()
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
                .check(CLASSES);
    }

    @Test
    void coreHasNoClockThreadOrChanceOfItsOwn() {
        noClasses()
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
                .check(CLASSES);
    }
}
