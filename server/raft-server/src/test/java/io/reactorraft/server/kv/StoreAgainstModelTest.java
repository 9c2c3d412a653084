package io.reactorraft.server.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.reactorraft.server.kv.proto.Command;
import io.reactorraft.server.kv.proto.Condition;
import io.reactorraft.server.kv.proto.Result;
import io.reactorraft.server.kv.proto.Result.Outcome;
import io.reactorraft.server.kv.proto.SettingsChange;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random commands by seed, against a model that is too simple to be wrong. */
class StoreAgainstModelTest {

    private static final int COMMANDS = 2_000;

    private final Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);

    /** One run; what it is about is in the fields. */
    private final class Run {
        private final RandomGenerator random;
        private final String seed;
        private final ModelStore model = new ModelStore();
        private final List<Command> keyed = new ArrayList<>();
        private StoreFixture real = new StoreFixture();

        Run(long seed) {
            this.random = new SplittableRandom(seed);
            this.seed = "seed " + seed;
        }

        void play() {
            set(SettingsChange.newBuilder()
                    .setHistory(1_000)
                    .setQuotaBytes(1 << 20)
                    .setIdempotencyWindowMillis(60_000));
            for (int n = 0; n < COMMANDS; n++) {
                real.now += random.nextInt(200);
                step();
                if (n % 37 == 0) {
                    compareReads();
                }
                if (n % 500 == 499) {
                    long hash = real.store.hash();
                    real = real.restored();
                    assertThat(real.store.hash())
                            .as(seed + ": a copy has the same hash")
                            .isEqualTo(hash);
                }
            }
        }

        private void step() {
            if (random.nextInt(300) == 0) {
                set(SettingsChange.newBuilder()
                        .setHistory(1_000 + random.nextInt(300))
                        .setQuotaBytes((1 << 20) + random.nextInt(1 << 20))
                        .setIdempotencyWindowMillis(1_000 + random.nextInt(60_000)));
                return;
            }
            Command command = command();
            Result result = real.apply(command);
            Result expected = model.apply(command, 2, real.index, real.now);
            assertThat(result)
                    .as(seed + ", index " + real.index + ": " + command)
                    .isEqualTo(expected);
            outcomes.merge(result.getOutcome(), 1, Integer::sum);
            assertThat(real.store.bytes()).as(seed).isEqualTo(model.bytes());
            assertThat(real.store.revision()).as(seed).isEqualTo(model.revision());
            assertThat(real.store.compactedRevision()).as(seed).isEqualTo(model.compacted());
        }

        private void set(SettingsChange.Builder change) {
            assertThat(real.apply(Commands.set(change.build())).getOutcome()).isEqualTo(Outcome.DONE);
            model.forget(real.now);
            model.history = change.getHistory();
            model.quota = change.getQuotaBytes();
            model.window = change.getIdempotencyWindowMillis();
            model.compact();
        }

        private Command command() {
            if (!keyed.isEmpty() && random.nextInt(6) == 0) {
                Command earlier = keyed.get(random.nextInt(keyed.size()));
                boolean reused = random.nextInt(4) == 0;
                return reused ? Commands.once(earlier.getIdempotencyKey(), change()) : earlier;
            }
            if (random.nextInt(3) == 0) {
                Command once = Commands.once(IdempotencyKey.bytes(uuid()), change());
                keyed.add(once);
                return once;
            }
            return change();
        }

        private UUID uuid() {
            boolean timed = random.nextInt(3) > 0;
            long made = real.now - 30_000 + random.nextInt(random.nextInt(10) == 0 ? 200_000 : 40_000);
            long high = timed ? made << 16 | 7 << 12 : (random.nextLong() & ~0xF000L) | 4 << 12;
            return new UUID(high, random.nextLong());
        }

        private Command change() {
            Key key = Key.of("k" + (char) ('a' + random.nextInt(4)) + "/" + random.nextInt(random.nextInt(40) + 1));
            if (random.nextInt(4) == 0) {
                return Commands.delete(key, condition(key));
            }
            int length = random.nextInt(4) == 0 ? random.nextInt(80_000) : random.nextInt(20);
            return Commands.put(key, ByteString.copyFromUtf8("v".repeat(length)), condition(key));
        }

        private Condition condition(Key key) {
            ModelStore.Value current = model.at(model.revision()).get(key.toString());
            long revision = current == null || random.nextBoolean() ? random.nextInt(50) : current.revision();
            return switch (random.nextInt(8)) {
                case 0 -> Commands.absent();
                case 1 -> Commands.present();
                case 2 -> Commands.revision(List.of(revision));
                default -> Commands.always();
            };
        }

        private void compareReads() {
            long span = model.revision() - model.compacted();
            long revision = model.compacted() + (span == 0 ? 0 : random.nextLong(span + 1));
            StoreView view = real.store.view(revision);
            List<String> expected = new ArrayList<>();
            String prefix = "k" + (char) ('a' + random.nextInt(4)) + (random.nextBoolean() ? "/" : "");
            model.at(revision).forEach((key, value) -> {
                if (key.startsWith(prefix)) {
                    expected.add(key + "=" + value.text() + "@" + value.revision());
                }
            });
            assertThat(paged(view, prefix)).as(seed + ", revision " + revision).isEqualTo(expected);
            if (model.compacted() > 0) {
                assertThatThrownBy(() -> real.store.view(model.compacted() - 1))
                        .as(seed)
                        .isInstanceOfSatisfying(
                                RevisionException.class,
                                refused -> assertThat(refused.isCompacted()).isTrue());
            }
            assertThatThrownBy(() -> real.store.view(model.revision() + 1))
                    .as(seed)
                    .isInstanceOfSatisfying(
                            RevisionException.class,
                            refused -> assertThat(refused.isCompacted()).isFalse());
        }

        private List<String> paged(StoreView view, String prefix) {
            List<String> all = new ArrayList<>();
            ByteString after = null;
            StoreView.Page page;
            do {
                StoreView.PageSize size = new StoreView.PageSize(1 + random.nextInt(5), 1 + random.nextInt(50_000));
                page = view.range(ByteString.copyFromUtf8(prefix), after, size);
                assertThat(page.entries()).as(seed).hasSizeLessThanOrEqualTo(size.maxEntries());
                for (StoreView.Entry entry : page.entries()) {
                    all.add(entry.key().toStringUtf8() + "="
                            + entry.value().value().toStringUtf8() + "@"
                            + entry.value().revision());
                    after = entry.key();
                }
            } while (page.more());
            return all;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void theStoreIsWhatTheModelIs(long seed) {
        new Run(seed).play();
    }

    @Test
    void theRunsComeByEveryOutcome() {
        for (long seed = 101; seed <= 104; seed++) {
            new Run(seed).play();
        }
        assertThat(outcomes.keySet())
                .as("%s", outcomes)
                .contains(
                        Outcome.DONE,
                        Outcome.CONDITION_FAILED,
                        Outcome.OVER_QUOTA,
                        Outcome.IDEMPOTENCY_KEY_REUSED,
                        Outcome.IDEMPOTENCY_KEY_EXPIRED,
                        Outcome.IDEMPOTENCY_KEY_AHEAD);
    }

    @Test
    void replicasOfTheSameLogHaveTheSameHashAndSnapshotHoweverTheyCameThere() {
        Run run = new Run(77);
        StoreFixture other = new StoreFixture();
        run.play();
        StoreFixture copy = run.real.restored();
        for (int n = 0; n < 300; n++) {
            Command command = run.command();
            copy.now = run.real.now += 100;
            assertThat(copy.apply(command)).isEqualTo(run.real.apply(command));
        }
        assertThat(copy.store.hash()).isEqualTo(run.real.store.hash()).isNotEqualTo(other.store.hash());
        assertThat(copy.store.snapshot().collectList().block(StoreFixture.SOON))
                .isEqualTo(run.real.store.snapshot().collectList().block(StoreFixture.SOON));
    }
}
