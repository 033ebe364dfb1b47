"""The certificate: made once, kept, renewed in time, and never trusted with another's key."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from core.clock import ManualClock, SystemClock
from local.warehouse.limits import CERTIFICATE_DAYS, CERTIFICATE_DAYS_LEFT_MIN
from local.warehouse.server import WarehouseServer
from local.warehouse.startup import TlsMode
from local.warehouse.tls import CERTIFICATE, KEY, tls_context
from tests.local.warehouse.wire.desk import serving
from tests.local.warehouse.wire.raw_client import SSL_REQUEST, RawClient, query, startup

DAY_MS = 86_400_000


def handshake(folder: Path, context: ssl.SSLContext, name: str) -> str | None:
    """Shake hands over a pair of sockets, as a strict client would; return the TLS version."""
    ours, theirs = socket.socketpair()
    trusting = ssl.create_default_context(cafile=folder / CERTIFICATE)
    trusting.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    answering = threading.Thread(
        target=lambda: context.wrap_socket(theirs, server_side=True).close()
    )
    answering.start()
    try:
        with trusting.wrap_socket(ours, server_hostname=name) as client:
            return client.version()
    finally:
        answering.join(timeout=10)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_a_strict_client_that_trusts_the_certificate_is_content(tmp_path: Path, name: str) -> None:
    context = tls_context(tmp_path, SystemClock())
    assert handshake(tmp_path, context, name) in {"TLSv1.2", "TLSv1.3"}


def test_the_certificate_stays_until_it_nears_its_end(tmp_path: Path) -> None:
    clock = ManualClock()
    tls_context(tmp_path, clock)
    first = (tmp_path / CERTIFICATE).read_bytes()
    clock.advance((CERTIFICATE_DAYS - CERTIFICATE_DAYS_LEFT_MIN) * DAY_MS)
    tls_context(tmp_path, clock)
    assert (tmp_path / CERTIFICATE).read_bytes() == first
    clock.advance(DAY_MS)
    tls_context(tmp_path, clock)
    assert (tmp_path / CERTIFICATE).read_bytes() != first


@pytest.mark.parametrize("damage", [b"", b"no key", None])
def test_what_cannot_be_used_is_made_anew(tmp_path: Path, damage: bytes | None) -> None:
    for name in (KEY, CERTIFICATE):
        tls_context(tmp_path, SystemClock())
        if damage is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_bytes(damage)
        context = tls_context(tmp_path, SystemClock())
        assert handshake(tmp_path, context, "localhost") is not None


def test_the_key_is_for_its_owner_only(tmp_path: Path) -> None:
    tls_context(tmp_path, SystemClock())
    assert (tmp_path / KEY).stat().st_mode & 0o077 == 0


def test_bytes_before_the_handshake_are_not_taken_for_encrypted_ones(tmp_path: Path) -> None:
    with serving(tmp_path, TlsMode.BOTH) as server:
        client = RawClient(server.port)
        client.send(SSL_REQUEST + startup())
        assert client.take(1) == b"S"
        trusting = ssl.create_default_context(cafile=tmp_path / CERTIFICATE)
        with pytest.raises(OSError, match=r"EOF|reset|closed"):
            trusting.wrap_socket(client.sock, server_hostname="localhost")
        client.close()


def test_a_handshake_that_fails_ends_that_connection_only(tmp_path: Path) -> None:
    with serving(tmp_path, TlsMode.BOTH) as server:
        client = RawClient(server.port)
        client.send(SSL_REQUEST)
        assert client.take(1) == b"S"
        client.send(b"no handshake at all")
        client.rest()
        client.close()
        assert answers_one(server)


def answers_one(server: WarehouseServer) -> bool:
    client = RawClient(server.port)
    client.log_in()
    answers = client.ask(query("select 1"))
    client.close()
    return [kind for kind, _ in answers] == ["T", "D", "C", "Z"]
