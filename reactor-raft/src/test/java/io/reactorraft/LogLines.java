package io.reactorraft;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** What a class says to its log. */
final class LogLines {
    private LogLines() {}

    /** All that it says while this runs. */
    static List<ILoggingEvent> of(Class<?> sayer, Runnable meanwhile) {
        Logger logger = (Logger) LoggerFactory.getLogger(sayer);
        ListAppender<ILoggingEvent> said = new ListAppender<>();
        said.start();
        logger.addAppender(said);
        try {
            meanwhile.run();
        } finally {
            logger.detachAppender(said);
        }
        return List.copyOf(said.list);
    }
}
