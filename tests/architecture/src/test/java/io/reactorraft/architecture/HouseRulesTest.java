package io.reactorraft.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the code to the rules, and each rule to a class of this module's tests that violates it. */
class HouseRulesTest {

    private static final JavaClasses CODE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.reactorraft");

    private static final JavaClasses VIOLATIONS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
            .importPackages("io.reactorraft");

    static Stream<ArchRule> rules() {
        return Stream.of(
                HouseRules.QUORUM_KNOWS_THE_JDK_ALONE,
                HouseRules.CORE_KNOWS_QUORUM_AND_PROTOBUF_ALONE,
                HouseRules.CORE_HAS_NO_CLOCK_THREAD_OR_CHANCE,
                HouseRules.SPI_KNOWS_CORE_AND_REACTOR,
                HouseRules.RUNTIME_KNOWS_NO_IMPLEMENTATION,
                HouseRules.TRANSPORT_KNOWS_THE_SPI_ALONE,
                HouseRules.LOG_KNOWS_THE_SPI_AND_THE_VIEW_ALONE,
                HouseRules.NOTHING_BLOCKS,
                HouseRules.NAMES_SAY_WHAT);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void theCodeObeys(ArchRule rule) {
        rule.check(CODE);
    }

    @ParameterizedTest
    @MethodSource("rules")
    void theRuleIsSeenToFail(ArchRule rule) {
        assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> rule.check(VIOLATIONS));
    }

    @Test
    void everyRoomWasLookedInto() {
        Map<String, Integer> atLeast = Map.of(
                "io.reactorraft", 20,
                "io.reactorraft.core", 10,
                "io.reactorraft.quorum", 3,
                "io.reactorraft.spi", 5,
                "io.reactorraft.wal", 5,
                "io.reactorraft.rsocket", 5);
        atLeast.forEach((name, count) -> assertThat(CODE.stream()
                        .filter(each -> each.getPackageName().equals(name))
                        .count())
                .as("classes of %s", name)
                .isGreaterThanOrEqualTo(count));
    }
}
