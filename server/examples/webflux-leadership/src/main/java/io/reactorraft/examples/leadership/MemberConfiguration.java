package io.reactorraft.examples.leadership;

import io.reactorraft.RaftNode;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The embedded member, as a bean. */
@Configuration(proxyBeanMethods = false)
class MemberConfiguration {

    @Bean
    Counter counter() {
        return new Counter();
    }

    /** Its end is {@link MemberLifecycle}'s business, not that of the container's guess at a method called close. */
    @Bean(destroyMethod = "")
    RaftNode<Long, Long> node(MemberProperties properties, Counter counter) {
        return RaftNode.builder(properties.id(), counter)
                .clusterId("webflux-leadership")
                .dataDir(properties.dataDir().resolve(properties.id()))
                .members(properties.members().toArray(String[]::new))
                .tag("http", properties.url())
                .build();
    }
}
