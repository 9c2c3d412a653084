package io.reactorraft.rsocket;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.reactorraft.spi.StartRefusedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Mutual TLS between members, from files that are looked at again every second, so that a certificate is renewed by
 * replacing it. Where what lies there cannot be used, what was loaded before stays in use, and the log says so.
 *
 * <p>Who a certificate belongs to is judged in the handshake of ours ({@link CertificateNames}), since only that tells which
 * member is claimed. Files are read on a scheduler that may block; everything else may be called from any thread.
 */
final class Tls {

    private static final Duration RELOAD_EVERY = Duration.ofSeconds(1);
    private static final Duration CLOSE_NOTIFY_FLUSH = Duration.ofMillis(500);
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

    private final TlsFiles files;
    private final Duration handshakeTimeout;
    private final QuietLog log;
    private final Mono<Loaded> first;
    private volatile @Nullable Loaded loaded;

    Tls(TlsFiles files, Duration handshakeTimeout, QuietLog log) {
        this.files = files;
        this.handshakeTimeout = handshakeTimeout;
        this.log = log;
        first = Mono.fromCallable(this::load)
                .subscribeOn(Schedulers.boundedElastic())
                .doOnNext(usable -> loaded = usable)
                .cache();
    }

    /** Completes once the files were read; an error where they cannot be used. */
    Mono<Void> ready() {
        return first.then()
                .onErrorMap(unusable -> new StartRefusedException(
                        StartRefusedException.Kind.CERTIFICATE, unusable.getMessage() + ": mend the files", unusable));
    }

    /** Looks for replaced files until disposed of. */
    Disposable watch() {
        Scheduler scheduler = Schedulers.boundedElastic();
        return Flux.interval(RELOAD_EVERY, scheduler)
                .onBackpressureDrop()
                .subscribe(tick -> reload(), error -> log.warn("tls", "certificates are no longer reloaded: " + error));
    }

    private void reload() {
        Loaded before = loaded;
        try {
            if (before != null && !stamps().equals(before.stamps())) {
                loaded = load();
                log.forget("tls");
                LOG.info("uses what lies at {} from now on", files.certificate());
            }
        } catch (IOException | RuntimeException unusable) {
            log.warn("tls", "goes on with the certificate it had: " + unusable.getMessage());
        }
    }

    private Loaded load() throws IOException {
        List<FileTime> stamps = stamps();
        try {
            SslContext server = SslContextBuilder.forServer(
                            files.certificate().toFile(), files.key().toFile())
                    .trustManager(files.authorities().toFile())
                    .clientAuth(ClientAuth.REQUIRE)
                    .protocols(PROTOCOLS)
                    .sslProvider(SslProvider.JDK)
                    .build();
            SslContext client = SslContextBuilder.forClient()
                    .keyManager(files.certificate().toFile(), files.key().toFile())
                    .trustManager(files.authorities().toFile())
                    .protocols(PROTOCOLS)
                    .sslProvider(SslProvider.JDK)
                    .build();
            return new Loaded(stamps, server, client);
        } catch (SSLException | IllegalArgumentException unusable) {
            throw new IOException("cannot use " + files + ": " + unusable.getMessage(), unusable);
        }
    }

    private List<FileTime> stamps() throws IOException {
        try {
            return Stream.of(files.certificate(), files.key(), files.authorities())
                    .map(Tls::stamp)
                    .toList();
        } catch (UncheckedIOException missing) {
            throw new IOException("cannot read " + missing.getMessage(), missing);
        }
    }

    private static FileTime stamp(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    /** Guards a channel that was accepted. After {@link #ready}. */
    void guardAccepted(Channel channel) {
        guard(channel, usable().server().newHandler(channel.alloc()));
    }

    /** Guards a channel that we dialled. After {@link #ready}. */
    void guardDialled(Channel channel, HostPort target) {
        ByteBufAllocator alloc = channel.alloc();
        SslHandler handler = usable().client().newHandler(alloc, target.host(), target.port());
        SSLParameters parameters = handler.engine().getSSLParameters();
        // The names of the certificate are checked in our own handshake: an id counts as well as a host.
        parameters.setEndpointIdentificationAlgorithm("");
        handler.engine().setSSLParameters(parameters);
        guard(channel, handler);
    }

    private void guard(Channel channel, SslHandler handler) {
        handler.setHandshakeTimeoutMillis(handshakeTimeout.toMillis());
        handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_FLUSH.toMillis());
        channel.pipeline().addFirst("raft-tls", handler);
    }

    private Loaded usable() {
        return Objects.requireNonNull(loaded, "no connection is made before the files are read");
    }

    private record Loaded(List<FileTime> stamps, SslContext server, SslContext client) {}
}
