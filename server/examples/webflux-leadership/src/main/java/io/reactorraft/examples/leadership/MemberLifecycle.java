package io.reactorraft.examples.leadership;

import io.reactorraft.Ending;
import io.reactorraft.RaftNode;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Starts the member with the application, ends it first, and ends the application where the member ends by itself.
 *
 * <p>First, because the streams of leadership never end by themselves: a web server that shuts down gracefully waits for
 * them in vain. Once the member has stopped, they have completed.
 */
@Component
class MemberLifecycle implements SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(MemberLifecycle.class);

    /** Recovery reads the log once. */
    private static final Duration LONGEST_START = Duration.ofMinutes(5);

    private final RaftNode<Long, Long> node;
    private final ApplicationContext application;
    private volatile boolean running;

    MemberLifecycle(RaftNode<Long, Long> node, ApplicationContext application) {
        this.node = node;
        this.application = application;
    }

    /** On the main thread, which may wait: an application whose member cannot start does not start. */
    @Override
    public void start() {
        node.start().block(LONGEST_START);
        running = true;
        node.closed().subscribe(this::ended, this::failed);
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable callback) {
        running = false;
        node.stop().doFinally(signal -> callback.run()).subscribe();
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Above that of every part of the web server: what starts last stops first. */
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE;
    }

    private void ended(Ending ending) {
        LOG.info("the member has ended: {}", ending);
        exitUnlessStopping(0);
    }

    private void failed(Throwable error) {
        LOG.error("the member has failed", error);
        exitUnlessStopping(1);
    }

    /** On a thread of its own: closing the context waits, and signals arrive on a thread that must not. */
    private void exitUnlessStopping(int code) {
        if (running) {
            running = false;
            new Thread(() -> System.exit(SpringApplication.exit(application, () -> code)), "member-ended").start();
        }
    }
}
