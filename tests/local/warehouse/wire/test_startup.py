"""The first bytes of a connection: encryption, log-in, cancellation, a probe, or rubbish."""

import http.client
import random
import struct
from collections.abc import Iterator

import pytest

from core.clock import SystemClock
from local.warehouse.server import WarehouseServer, listen
from local.warehouse.startup import Gate
from tests.local.warehouse.wire.raw_client import (
    GSS_REQUEST,
    SSL_REQUEST,
    RawClient,
    bodies,
    error_fields,
    frame,
    kinds,
    query,
    raw_client,
    startup,
    status,
    text,
)


@pytest.fixture
def stranger(server: WarehouseServer) -> Iterator[RawClient]:
    with raw_client(server, log_in=False) as client:
        yield client


def last_words(client: RawClient) -> dict[str, str]:
    """Return the fields of the error that ends a connection, and see it end."""
    answer = client.read()
    assert client.rest() == b""
    return dict(error_fields([answer]))


def pair(body: bytes) -> tuple[str, str]:
    name, value, _ = body.decode().split("\0")
    return name, value


def test_a_log_in_is_answered_as_redshift_does(stranger: RawClient) -> None:
    answers = stranger.log_in(application_name="a test")
    assert kinds(answers) == "R" + "S" * 11 + "KZ"
    told = dict(pair(body) for body in bodies(answers, "S"))
    assert told["server_version"] == "8.0.2"
    assert told["client_encoding"] == "UTF8"
    assert told["integer_datetimes"] == "on"
    assert told["application_name"] == "a test"
    assert told["session_authorization"] == "cube"
    assert "server_protocol_version" not in told
    assert status(answers) == "I"


def test_the_drivers_own_words_are_passed_over(stranger: RawClient) -> None:
    extra = {"client_protocol_version": "2", "driver_version": "x", "os_version": "y"}
    assert status(stranger.log_in(**extra)) == "I"


def test_without_tls_a_client_that_asks_for_it_is_told_no_and_may_go_on(
    stranger: RawClient,
) -> None:
    stranger.send(GSS_REQUEST)
    assert stranger.take(1) == b"N"
    stranger.send(SSL_REQUEST)
    assert stranger.take(1) == b"N"
    assert status(stranger.log_in()) == "I"


def test_a_wrong_password_is_refused_with_a_hint(stranger: RawClient) -> None:
    stranger.send(startup())
    stranger.read()
    stranger.send(frame("p", text("wrong")))
    fields = last_words(stranger)
    assert fields["S"] == fields["V"] == "FATAL"
    assert fields["C"] == "28000"
    assert fields["M"] == 'password authentication failed for user "cube"'
    assert "CUBE_WAREHOUSE_PASSWORD" in fields["H"]


def test_a_wrong_user_is_refused_in_the_same_words(stranger: RawClient) -> None:
    stranger.send(startup(user="mallory"))
    stranger.read()
    stranger.send(frame("p", text("cube")))
    assert last_words(stranger)["C"] == "28000"


def test_another_database_is_not_there(stranger: RawClient) -> None:
    stranger.send(startup(database="dev"))
    stranger.read()
    stranger.send(frame("p", text("cube")))
    fields = last_words(stranger)
    assert (fields["C"], fields["M"]) == ("3D000", 'database "dev" does not exist')


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (frame("p", b"no end"), "08P01"),
        (query("select 1"), "08P01"),
        (b"p" + struct.pack("!i", 100_000), "08P01"),
        (b"p" + struct.pack("!i", 3), "08P01"),
    ],
)
def test_instead_of_a_password_nothing_else_is_taken(
    stranger: RawClient, message: bytes, code: str
) -> None:
    stranger.send(startup())
    stranger.read()
    stranger.send(message)
    assert last_words(stranger)["C"] == code


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (startup(2 << 16), "0A000"),
        (startup(client_encoding="LATIN1"), "22023"),
        (startup(replication="database"), "0A000"),
        (struct.pack("!i", 7), "08P01"),
        (struct.pack("!i", 10_001), "08P01"),
        (struct.pack("!ii", 12, 3 << 16) + b"user", "08P01"),
        (startup().replace(b"\0\0", b"\0x", 1), "08P01"),
        (startup(user="x").replace(b"x\0", b"\xff\0", 1), "22021"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "08P01"),
        (b"POST /readyz HTTP/1.1\r\n\r\n", "08P01"),
    ],
)
def test_a_first_packet_that_cannot_be_is_refused(
    stranger: RawClient, packet: bytes, code: str
) -> None:
    stranger.send(packet)
    assert last_words(stranger)["C"] == code


def test_a_newer_minor_version_is_offered_3_0(stranger: RawClient) -> None:
    stranger.send(startup((3 << 16) + 2, **{"_pq_.new": "1"}))
    assert stranger.read() == ("v", struct.pack("!ii", 3 << 16, 1) + b"_pq_.new\0")
    assert stranger.read()[0] == "R"
    assert status(stranger.ask(frame("p", text("cube")))) == "I"


def probe(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_same_port_answers_a_probe(server: WarehouseServer) -> None:
    assert probe(server.port, "/readyz") == (200, b"ready\n")
    assert probe(server.port, "/")[0] == 404


def test_an_endless_probe_is_cut_off(stranger: RawClient) -> None:
    stranger.send(b"GET /readyz HTTP/1.1\r\nx: " + b"y" * 8_192)
    assert b"08P01" in stranger.rest()


def test_before_it_is_open_a_server_says_that_it_is_starting() -> None:
    server = WarehouseServer(listen(0), Gate(), clock=SystemClock(), rng=random.Random(1))
    server.start()
    try:
        assert probe(server.port, "/readyz") == (503, b"starting\n")
        with raw_client(server, log_in=False) as client:
            client.send(startup())
            assert last_words(client)["C"] == "57P03"
    finally:
        server.stop()


def test_it_listens_on_this_machine_only() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
