package io.reactorraft.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunScopeTest {
    private final List<String> ended = new ArrayList<>();

    @Test
    void endsTheLatestFirstAndEachOnce() {
        RunScope scope = new RunScope();
        scope.atEnd(() -> ended.add("directory"));
        scope.atEnd(() -> ended.add("cluster"));
        scope.close();
        scope.close();
        assertThat(ended).containsExactly("cluster", "directory");
    }

    @Test
    void oneThatFailsKeepsNoOtherFromEnding() {
        RunScope scope = new RunScope();
        scope.atEnd(() -> ended.add("directory"));
        scope.atEnd(() -> {
            throw new BenchmarkException("it survived");
        });
        assertThatThrownBy(scope::close).isInstanceOf(BenchmarkException.class).hasMessage("it survived");
        assertThat(ended).containsExactly("directory");
    }

    @Test
    void whatComesAfterTheEndEndsAtOnce() {
        RunScope scope = new RunScope();
        scope.close();
        assertThatThrownBy(() -> scope.atEnd(() -> ended.add("late"))).hasMessage("the run was ended");
        assertThat(ended).containsExactly("late");
    }

    @Test
    void aFolderOfTheRunGoesWithAllItHolds(@TempDir Path parent) throws IOException {
        RunDirectory run = RunDirectory.create(parent.resolve("not/there/yet"), false);
        Files.createDirectories(run.path().resolve("n1/segments"));
        Files.writeString(run.path().resolve("n1/segments/0.log"), "entries");
        run.end();
        run.end();
        assertThat(run.path()).doesNotExist();
        assertThat(run.path().getParent()).isEmptyDirectory();
    }

    @Test
    void aFolderMayBeKept(@TempDir Path parent) {
        RunDirectory run = RunDirectory.create(parent, true);
        run.end();
        assertThat(run.path()).isDirectory();
    }

    @Test
    void runsHaveFoldersOfTheirOwn(@TempDir Path parent) {
        assertThat(RunDirectory.create(parent, true).path())
                .isNotEqualTo(RunDirectory.create(parent, true).path());
    }
}
