package io.reactorraft.simulation;

import io.reactorraft.testkit.FaultMode;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** One way to run seeds. */
record Trials(Layer layer, FaultMode mode) {

    /** All there are. */
    static List<Trials> all() {
        return Stream.of(Layer.CORES, Layer.NODES)
                .flatMap(layer -> Arrays.stream(FaultMode.values()).map(mode -> new Trials(layer, mode)))
                .toList();
    }

    @Override
    public String toString() {
        return layer + " " + ExploreCommand.name(mode);
    }
}
