package io.reactorraft.rsocket;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Whom a certificate belongs to: its alternative names that are hosts or addresses, and its common name. */
record CertificateNames(List<String> names) {

    private static final int DNS_NAME = 2;
    private static final int IP_ADDRESS = 7;

    static CertificateNames of(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    Object type = alternative.get(0);
                    if (type.equals(DNS_NAME) || type.equals(IP_ADDRESS)) {
                        names.add(String.valueOf(alternative.get(1)));
                    }
                }
            }
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (rdn.getType().equalsIgnoreCase("CN")) {
                    names.add(String.valueOf(rdn.getValue()));
                }
            }
        } catch (CertificateParsingException | InvalidNameException garbled) {
            // What cannot be read names nobody.
        }
        return new CertificateNames(List.copyOf(names));
    }

    /** Whether it names the id, as it is written. */
    boolean coverId(String id) {
        return names.contains(id) || coveredByWildcard(id);
    }

    /** Whether it names the host; {@code *.example.com} names each {@code x.example.com} and nothing else. */
    boolean coverHost(String host) {
        return names.stream().anyMatch(name -> name.equalsIgnoreCase(host)) || coveredByWildcard(host);
    }

    private boolean coveredByWildcard(String asked) {
        int dot = asked.indexOf('.');
        return dot > 0 && names.stream().anyMatch(name -> name.equalsIgnoreCase("*" + asked.substring(dot)));
    }
}
