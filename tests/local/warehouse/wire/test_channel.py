"""A socket's bytes in, messages out: in any pieces, and not one byte more than was sent."""

import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.clock import SystemClock
from local.warehouse.channel import Channel, ClientGone, MessageRefused, WaitedTooLong
from tests.local.warehouse.wire.raw_client import FLUSH, SYNC, frame

DEADLINE_MS = 10_000
Pair = tuple[socket.socket, Channel]


def read(channel: Channel, bytes_max: int = 1_000_000) -> tuple[bytes, bytes]:
    return channel.read_message(
        bytes_max=bytes_max, idle_ms_max=DEADLINE_MS, whole_ms_max=DEADLINE_MS
    )


@pytest.fixture
def pair() -> Iterator[Pair]:
    client, ours = socket.socketpair()
    channel = Channel(ours, SystemClock())
    yield client, channel
    client.close()
    channel.close()


@given(
    st.lists(st.tuples(st.sampled_from("QPBX"), st.binary(max_size=300)), max_size=8),
    st.integers(1, 200),
)
def test_messages_are_read_whole_in_whatever_pieces_they_come(
    sent: list[tuple[str, bytes]], piece: int
) -> None:
    client, ours = socket.socketpair()
    channel = Channel(ours, SystemClock())
    data = b"".join(frame(kind, body) for kind, body in sent)

    def send() -> None:
        for start in range(0, len(data), piece):
            client.sendall(data[start : start + piece])
        client.close()

    sending = threading.Thread(target=send)
    sending.start()
    assert [read(channel) for _ in sent] == [(kind.encode(), body) for kind, body in sent]
    with pytest.raises(ClientGone):
        read(channel)
    sending.join()
    channel.close()


def test_the_next_message_is_known_once_it_is_there(pair: Pair) -> None:
    client, channel = pair
    client.sendall(frame("E") + FLUSH + FLUSH + SYNC)
    assert read(channel) == (b"E", b"")
    assert channel.next_kind() == b"S"
    assert [read(channel)[0] for _ in range(3)] == [b"H", b"H", b"S"]
    assert channel.next_kind() is None


def test_half_a_message_and_then_the_end(pair: Pair) -> None:
    client, channel = pair
    client.sendall(frame("Q", b"select")[:-2])
    client.close()
    with pytest.raises(ClientGone):
        read(channel)


def test_nothing_in_time_can_still_be_told_to_the_client(pair: Pair) -> None:
    _, channel = pair
    with pytest.raises(WaitedTooLong):
        channel.read_message(bytes_max=10, idle_ms_max=1, whole_ms_max=1)


@pytest.mark.parametrize(
    ("head", "left"), [(b"Q\0\0\0\x03", 0), (b"Q\0\0\0\x0f", 11), (b"Q\xff\xff\xff\xff", 2**32 - 5)]
)
def test_a_length_that_cannot_be_or_is_too_large(pair: Pair, head: bytes, left: int) -> None:
    client, channel = pair
    client.sendall(head)
    with pytest.raises(MessageRefused) as caught:
        read(channel, bytes_max=10)
    assert caught.value.bytes_left == left


def test_a_peer_that_left_is_noticed_when_writing(pair: Pair) -> None:
    client, channel = pair
    client.close()
    with pytest.raises(ClientGone):
        channel.write(b"x" * 1_000_000)
