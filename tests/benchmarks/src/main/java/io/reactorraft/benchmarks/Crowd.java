package io.reactorraft.benchmarks;

import io.reactorraft.Leadership;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * Many subscribers to leadership: half of them ask for one value and never for more, the rest for all; one may block the
 * thread that shows it its first value, and with it all signals of that node, until the crowd goes.
 *
 * <p><b>Threads.</b> One caller.
 */
final class Crowd {

    /** So long may the first values take. */
    private static final long PATIENCE_SECONDS = 30;

    private final Flux<Leadership> leadership;
    private final List<BaseSubscriber<Leadership>> members = new ArrayList<>();
    private CountDownLatch release = new CountDownLatch(0);

    Crowd(Flux<Leadership> leadership) {
        this.leadership = leadership;
    }

    /** Returns once everyone has been shown the current value and, where one blocks, does. */
    void gather(int count, boolean oneBlocks) throws InterruptedException {
        CountDownLatch shown = new CountDownLatch(count);
        release = new CountDownLatch(oneBlocks ? 1 : 0);
        for (int i = 0; i < count; i++) {
            boolean last = i == count - 1;
            join(i % 2 == 0 ? 1 : Long.MAX_VALUE, shown, last ? release : new CountDownLatch(0));
        }
        if (!shown.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new BenchmarkException(shown.getCount() + " of " + count + " subscribers were shown nothing within "
                    + PATIENCE_SECONDS + " s");
        }
    }

    private void join(long demand, CountDownLatch shown, CountDownLatch blockedBy) {
        BaseSubscriber<Leadership> member = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                request(demand);
            }

            @Override
            protected void hookOnNext(Leadership value) {
                shown.countDown();
                try {
                    blockedBy.await();
                } catch (InterruptedException ended) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        members.add(member);
        leadership.subscribe(member);
    }

    /** Nobody blocks any more, and everybody leaves. */
    void disperse() {
        release.countDown();
        members.forEach(BaseSubscriber::cancel);
        members.clear();
    }
}
