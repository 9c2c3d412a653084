package io.reactorraft.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LoggingTest {

    @Test
    void jsonIsOneObjectALineOnStandardError() throws IOException, JoranException {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            Logging.use(Logging.Format.JSON);
            LoggerFactory.getLogger("test").warn("two\nlines of {}", "text");
        } finally {
            System.setErr(before);
            context.reset();
            JoranConfigurator tests = new JoranConfigurator();
            tests.setContext(context);
            URL configuration = LoggingTest.class.getResource("/logback-test.xml");
            tests.doConfigure(Objects.requireNonNull(configuration));
        }
        String written = err.toString(StandardCharsets.UTF_8);
        assertThat(written).hasLineCount(1);
        JsonNode line = new ObjectMapper().readTree(written);
        assertThat(line.path("level").asText()).isEqualTo("WARN");
        assertThat(line.path("formattedMessage").asText()).isEqualTo("two\nlines of text");
    }
}
