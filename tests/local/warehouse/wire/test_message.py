"""The server's messages byte for byte, and a client's bodies read field by field."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.warehouse import message as m
from local.warehouse.error import WarehouseError
from local.warehouse.outcome import Column


def test_messages_are_these_bytes() -> None:
    """Golden: written down from PostgreSQL's description of its message formats."""
    golden = {
        m.AUTHENTICATION_OK: "52 00000008 00000000",
        m.ASK_FOR_PASSWORD: "52 00000008 00000003",
        m.PARSE_COMPLETE: "31 00000004",
        m.BIND_COMPLETE: "32 00000004",
        m.CLOSE_COMPLETE: "33 00000004",
        m.NO_DATA: "6e 00000004",
        m.PORTAL_SUSPENDED: "73 00000004",
        m.EMPTY_QUERY: "49 00000004",
        m.ready_for_query("T"): "5a 00000005 54",
        m.command_complete("SELECT 3"): "43 0000000d 53454c4543542033 00",
        m.parameter_status("a", "b"): "53 00000008 6100 6200",
        m.backend_key(7, 0xFFFFFFFF): "4b 0000000c 00000007 ffffffff",
        m.protocol_offer(["_pq_.x"]): "76 00000013 00030000 00000001 5f70715f2e78 00",
        m.parameter_description([23, 705]): "74 0000000e 0002 00000017 000002c1",
        m.row_description([Column("n", 20, 8)], [1]): (
            "54 0000001a 0001 6e00 00000000 0000 00000014 0008 ffffffff 0001"
        ),
    }
    for built, expected in golden.items():
        assert built.hex() == expected.replace(" ", ""), expected


def test_an_error_has_the_fields_that_drivers_look_for() -> None:
    error = WarehouseError("42P01", "no table", hint="make it", detail="none", position=8)
    expected = b"SERROR\0VERROR\0C42P01\0Mno table\0Dnone\0Hmake it\0P8\0\0"
    assert m.error_response(error) == b"E" + (len(expected) + 4).to_bytes(4, "big") + expected


def test_an_error_says_nothing_of_what_it_does_not_know() -> None:
    body = m.error_response(WarehouseError("XX000", "oh"), "FATAL")[5:]
    assert body == b"SFATAL\0VFATAL\0CXX000\0Moh\0\0"


def test_a_zero_byte_does_not_end_a_text_early() -> None:
    assert m.command_complete("a\0b")[5:] == b"a?b\0"


def test_a_body_is_read_field_by_field() -> None:
    body = m.Body(b"\xff\xff\x00\x00\x00\x07na\xc3\xafve\x00\xff\xfexyz")
    assert (body.int16(), body.int32(), body.text()) == (-1, 7, "naïve")
    assert (body.count(), body.take(3)) == (65_534, b"xyz")
    body.end()


@given(st.binary(max_size=40), st.lists(st.sampled_from(["int16", "int32", "count", "text"])))
def test_any_body_is_read_or_refused(data: bytes, fields: list[str]) -> None:
    body = m.Body(data)
    with suppress(WarehouseError):
        for field in fields:
            getattr(body, field)()
        body.end()


def test_a_body_with_more_than_it_says_is_refused() -> None:
    body = m.Body(b"a\0b")
    body.text()
    with pytest.raises(WarehouseError, match="more bytes"):
        body.end()
