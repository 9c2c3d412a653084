package io.reactorraft.rsocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rsocket.util.DefaultPayload;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("Addresses, routes and purposes")
class AddressesAndRoutesTest {

    @Test
    void anAddressIsHostAndPort() {
        assertThat(HostPort.parse("n1.local:7001")).isEqualTo(new HostPort("n1.local", 7001));
        assertThat(HostPort.parse("[::1]:0")).isEqualTo(new HostPort("::1", 0)).hasToString("[::1]:0");
        for (String wrong : new String[] {"", "n1", ":1", "n1:", "n1:x", "n1:65536", "n1:123456", "n1:-1"}) {
            assertThatThrownBy(() -> HostPort.parse(wrong))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + wrong + "'");
        }
    }

    @Test
    void aRouteArrivesAsItWasSentAndItsBodyUntouched() {
        ByteBuffer body = ByteBuffer.wrap(new byte[] {9, 1, 2, 3}, 1, 3);
        Route route = new Route(Route.Kind.REQUEST, "gruppe-ä");

        var payload = route.payload(body);

        assertThat(Route.of(payload)).isEqualTo(route);
        assertThat(payload.getData()).isEqualTo(ByteBuffer.wrap(new byte[] {1, 2, 3}));
        assertThat(body.remaining()).isEqualTo(3);
    }

    @Test
    void anUnknownRouteIsNone() {
        assertThat(Route.of(DefaultPayload.create(new byte[1]))).isNull();
        assertThat(Route.of(DefaultPayload.create(new byte[1], new byte[] {99})))
                .isNull();
        assertThat(Route.of(DefaultPayload.create(new byte[1], new byte[2_000])))
                .isNull();
    }

    @Test
    void anUnknownPurposeIsNone() {
        assertThat(Purpose.of(ByteBuffer.wrap(new byte[] {1}))).isEqualTo(Purpose.MESSAGES);
        assertThat(Purpose.of(ByteBuffer.wrap(new byte[] {77}))).isNull();
        assertThat(Purpose.of(ByteBuffer.allocate(0))).isNull();
        assertThat(Purpose.of(ByteBuffer.allocate(2))).isNull();
    }
}
