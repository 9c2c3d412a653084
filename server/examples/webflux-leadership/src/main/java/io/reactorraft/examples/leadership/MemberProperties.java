package io.reactorraft.examples.leadership;

import java.nio.file.Path;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which member this instance is.
 *
 * @param id one of {@code members}
 * @param dataDir the folder of all instances on this machine; each has its own in it
 * @param members those that start the group, {@code id=host:port}, alike on each instance
 * @param url where this instance is reached over HTTP; all members may know it
 */
@ConfigurationProperties("raft")
record MemberProperties(String id, @DefaultValue("data") Path dataDir, List<String> members, String url) {}
