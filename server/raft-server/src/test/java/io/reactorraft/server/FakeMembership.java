package io.reactorraft.server;

import io.reactorraft.Member;
import io.reactorraft.Membership;
import io.reactorraft.Peer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Members in memory, which change as they are told; whatever is asked fails with {@link #failure} where that is set. */
public final class FakeMembership implements Membership {
    private final List<Member> members = new ArrayList<>(List.of(Member.voter("n1", "127.0.0.1:7001")));

    /** The data directory that was last given up by name. */
    public String replaced = "";

    public String removed = "";

    /** What every change ends with. */
    public Mono<Void> failure = Mono.empty();

    @Override
    public List<Member> members() {
        return List.copyOf(members);
    }

    @Override
    public Flux<List<Peer>> peers() {
        throw new UnsupportedOperationException("nobody asks");
    }

    @Override
    public Mono<List<Member>> add(Member member) {
        return change(() -> {
            members.removeIf(each -> each.id().equals(member.id()));
            members.add(member);
        });
    }

    @Override
    public Mono<List<Member>> promote(String id) {
        return change(() -> members.replaceAll(each -> each.id().equals(id) ? Member.voter(id, each.address()) : each));
    }

    @Override
    public Mono<List<Member>> remove(String id) {
        return change(() -> members.removeIf(each -> each.id().equals(id)));
    }

    @Override
    public Mono<List<Member>> remove(String id, String dataId) {
        removed = dataId;
        return remove(id);
    }

    @Override
    public Mono<List<Member>> replace(String id) {
        return change(
                () -> members.replaceAll(each -> each.id().equals(id) ? Member.learner(id, each.address()) : each));
    }

    @Override
    public Mono<List<Member>> replace(String id, String dataId) {
        replaced = dataId;
        return replace(id);
    }

    @Override
    public String dataId(String id) {
        return "0a1b";
    }

    @Override
    public Mono<List<Member>> reconcile(Collection<Member> target) {
        return change(() -> {
            members.clear();
            members.addAll(target);
        });
    }

    private Mono<List<Member>> change(Runnable change) {
        return failure.then(Mono.fromSupplier(() -> {
            change.run();
            return members();
        }));
    }
}
