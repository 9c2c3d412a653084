package io.reactorraft.examples.leadership;

import io.reactorraft.Applied;
import io.reactorraft.Leadership;
import io.reactorraft.RaftException;
import io.reactorraft.RaftNode;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The application's outside; every instance answers everything. */
@RestController
class LeadershipController {
    private final RaftNode<Long, Long> node;
    private final Counter counter;
    private final LeaderJob job;

    LeadershipController(RaftNode<Long, Long> node, Counter counter, LeaderJob job) {
        this.node = node;
        this.counter = counter;
        this.job = job;
    }

    /** Never ends while the application runs. A browser that is slow to read sees the latest, and costs no memory. */
    @GetMapping(path = "/leadership", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<Leadership> leadership() {
        return node.leadership();
    }

    /** Answers {@code {"term":…,"index":…,"result":…}} once a majority has it on disk and it is applied here. */
    @PostMapping("/counter/{amount}")
    Mono<Applied<Long>> add(@PathVariable("amount") long amount) {
        return node.propose(amount);
    }

    /** Never older than any answer of {@link #add}, on whichever instance that was. */
    @GetMapping("/counter")
    Mono<Long> value() {
        return node.read(counter::value);
    }

    @GetMapping("/job")
    LeaderJob.Standing job() {
        return job.standing();
    }

    /** Only 504 means that it may have been done. */
    @ExceptionHandler
    ProblemDetail failed(RaftException error) {
        HttpStatus status = error instanceof RaftException.Rejected
                ? HttpStatus.UNPROCESSABLE_ENTITY
                : error instanceof RaftException.OutcomeUnknown
                        ? HttpStatus.GATEWAY_TIMEOUT
                        : HttpStatus.SERVICE_UNAVAILABLE;
        return ProblemDetail.forStatusAndDetail(status, String.valueOf(error.getMessage()));
    }
}
