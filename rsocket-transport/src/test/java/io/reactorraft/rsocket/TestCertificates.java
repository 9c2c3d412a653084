package io.reactorraft.rsocket;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;

/** An authority, made for one test, that vouches for whoever a test needs: X.509 in DER, by hand (RFC 5280 §4.1). */
final class TestCertificates {

    private static final byte[] ECDSA_WITH_SHA256 = sequence(oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02));
    private static final byte[] ANY_TIME = sequence(utc("200101000000Z"), utc("491231235959Z"));

    private final Path directory;
    private final String name;
    private final KeyPair keys = keyPair();
    private final Path authority;
    private int serial = 1;

    TestCertificates(Path directory, String name) {
        this.directory = directory;
        this.name = name;
        byte[] isAuthority = sequence(
                oid(0x55, 0x1D, 0x13), der(0x01, new byte[] {-1}), der(0x04, sequence(der(0x01, new byte[] {-1}))));
        authority = pem(name + "-ca.pem", "CERTIFICATE", certificate(name, keys, isAuthority));
    }

    /** Files of somebody whose certificate names these: hosts, ids or IPv4 addresses. */
    TlsFiles issue(String file, String... names) {
        KeyPair own = keyPair();
        byte[][] alternatives = new byte[names.length][];
        for (int i = 0; i < names.length; i++) {
            alternatives[i] = names[i].matches("[0-9.]+")
                    ? der(0x87, address(names[i]))
                    : der(0x82, names[i].getBytes(StandardCharsets.US_ASCII));
        }
        byte[] extension = sequence(oid(0x55, 0x1D, 0x11), der(0x04, sequence(alternatives)));
        Path certificate = pem(file + ".pem", "CERTIFICATE", certificate("whoever", own, extension));
        Path key = pem(file + "-key.pem", "PRIVATE KEY", own.getPrivate().getEncoded());
        return new TlsFiles(certificate, key, authority);
    }

    private byte[] certificate(String subject, KeyPair of, byte[] extension) {
        try {
            byte[] body = sequence(
                    der(0xA0, integer(2)),
                    integer(serial++),
                    ECDSA_WITH_SHA256,
                    commonName(name),
                    ANY_TIME,
                    commonName(subject),
                    of.getPublic().getEncoded(),
                    der(0xA3, sequence(extension)));
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(keys.getPrivate());
            signature.update(body);
            return sequence(body, ECDSA_WITH_SHA256, der(0x03, concat(new byte[1], signature.sign())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path pem(String file, String what, byte[] der) {
        String text = "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + what + "-----\n";
        try {
            Path draft = Files.writeString(directory.resolve(file + ".draft"), text);
            return Files.move(draft, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static KeyPair keyPair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(256);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] address(String digits) {
        try {
            return InetAddress.getByName(digits).getAddress();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] commonName(String name) {
        byte[] attribute = sequence(oid(0x55, 0x04, 0x03), der(0x0C, name.getBytes(StandardCharsets.UTF_8)));
        return sequence(der(0x31, attribute));
    }

    private static byte[] integer(int value) {
        return der(0x02, BigInteger.valueOf(value).toByteArray());
    }

    private static byte[] utc(String time) {
        return der(0x17, time.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] oid(int... bytes) {
        byte[] content = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            content[i] = (byte) bytes[i];
        }
        return der(0x06, content);
    }

    private static byte[] sequence(byte[]... parts) {
        return der(0x30, concat(parts));
    }

    private static byte[] der(int tag, byte[] content) {
        int length = content.length;
        if (length < 0x80) {
            return concat(new byte[] {(byte) tag, (byte) length}, content);
        }
        byte[] head = length < 0x100
                ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        return concat(head, content);
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
