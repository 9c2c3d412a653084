package io.reactorraft.integration;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;

class FirstFailureStandsTest {

    private final FirstFailureStands stands = new FirstFailureStands();

    @Test
    void whatMustNeverHappenFailsTheSecondRunToo() {
        ExtensionContext lost = test("lost");
        failed(lost, new AssertionError("k7 is gone"));
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> stands.beforeEach(lost))
                .havingCause()
                .withMessage("k7 is gone");
        assertThatCode(() -> stands.beforeEach(test("another"))).doesNotThrowAnyException();
    }

    @Test
    void aMachineThatWasTooSlowHasASecondRun() {
        ExtensionContext slow = test("slow");
        failed(slow, new TooSlow("no leader within PT1M"));
        failed(slow, new IllegalStateException("Timeout on blocking read"));
        assertThatCode(() -> stands.beforeEach(slow)).doesNotThrowAnyException();
    }

    private void failed(ExtensionContext test, Throwable failure) {
        assertThatExceptionOfType(failure.getClass())
                .isThrownBy(() -> stands.handleTestExecutionException(test, failure))
                .isSameAs(failure);
    }

    private static ExtensionContext test(String name) {
        return (ExtensionContext) Proxy.newProxyInstance(
                ExtensionContext.class.getClassLoader(),
                new Class<?>[] {ExtensionContext.class},
                (proxy, method, arguments) -> "FirstFailureStandsTest/" + name);
    }
}
