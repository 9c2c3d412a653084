package io.reactorraft.examples.leadership;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** Start it three times, with {@code --raft.id=n1}, {@code n2} and {@code n3} and a port each, and it is a cluster. */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(MemberProperties.class)
public class LeadershipApplication {

    public static void main(String[] args) {
        SpringApplication.run(LeadershipApplication.class, args);
    }
}
