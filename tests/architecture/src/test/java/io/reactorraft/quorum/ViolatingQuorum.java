package io.reactorraft.quorum;

import io.reactorraft.proto.Entry;

/** Breaks the quorum's rule on purpose. */
class ViolatingQuorum {
    final Entry entry = Entry.getDefaultInstance();
}
