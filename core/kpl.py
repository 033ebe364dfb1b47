"""A KPL-aggregated Kinesis record in, its user records out (clauses A51, A52).

The protobuf runtime is loaded when the first aggregate arrives: most functions never see one.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Final

MAGIC: Final = b"\xf3\x89\x9a\xc2"
_DIGEST_BYTES: Final = 16


def user_records(data: bytes) -> list[bytes] | None:
    """Return the data of each user record, or None when `data` is an ordinary record.

    A record with a wrong digest is an ordinary record and passes whole (A52); so does one with no
    message, or with a message that lacks what A51 requires: the KCL says so, and who reads a
    record must not decide what is in it.
    """
    message = data[len(MAGIC) : -_DIGEST_BYTES]
    digest = hashlib.md5(message, usedforsecurity=False).digest()
    if not message or not data.startswith(MAGIC) or digest != data[-_DIGEST_BYTES:]:
        return None
    aggregate_type, decode_error = _aggregate_type()
    aggregate = aggregate_type()
    try:
        aggregate.ParseFromString(message)
    except decode_error:
        return None
    if not aggregate.IsInitialized():  # the runtime parses what lacks a required field
        return None
    return [bytes(record.data) for record in aggregate.records]


def aggregate(user_records: Sequence[tuple[str, bytes]]) -> bytes:
    """Return one aggregated record of (partition key, data) pairs, as the KPL writes it."""
    aggregate_type, _ = _aggregate_type()
    message = aggregate_type()
    keys = list(dict.fromkeys(key for key, _ in user_records))
    message.partition_key_table.extend(keys)
    for key, data in user_records:
        message.records.add(partition_key_index=keys.index(key), data=data)
    body: bytes = message.SerializeToString()
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


def rewritten(
    data: bytes, change: Callable[[bytes], bytes], change_key: Callable[[str], str]
) -> bytes:
    """Return an aggregated record with other user records and partition keys, all else as it was.

    `data` is one that `user_records` takes apart.
    """
    aggregate_type, _ = _aggregate_type()
    message = aggregate_type()
    message.ParseFromString(data[len(MAGIC) : -_DIGEST_BYTES])
    keys = [change_key(key) for key in message.partition_key_table]
    message.partition_key_table[:] = keys
    for record in message.records:
        record.data = change(bytes(record.data))
    body: bytes = message.SerializeToString()
    return MAGIC + body + hashlib.md5(body, usedforsecurity=False).digest()


@cache
def _aggregate_type() -> tuple[Any, type[Exception]]:
    """Build the message type from its description: no generated module to keep."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="kpl.proto", package="kpl", syntax="proto2")

    def declare(name: str, *fields: tuple[str, int, int, int, str]) -> None:
        declared = file.message_type.add(name=name)
        for field_name, number, label, kind, type_name in fields:
            added = declared.field.add(name=field_name, number=number, label=label, type=kind)
            if type_name:
                added.type_name = type_name

    one, maybe, many = field.LABEL_REQUIRED, field.LABEL_OPTIONAL, field.LABEL_REPEATED
    text, blob, number, nested = (
        field.TYPE_STRING,
        field.TYPE_BYTES,
        field.TYPE_UINT64,
        field.TYPE_MESSAGE,
    )
    declare("Tag", ("key", 1, one, text, ""), ("value", 2, maybe, text, ""))
    declare(
        "Record",
        ("partition_key_index", 1, one, number, ""),
        ("explicit_hash_key_index", 2, maybe, number, ""),
        ("data", 3, one, blob, ""),
        ("tags", 4, many, nested, ".kpl.Tag"),
    )
    declare(
        "AggregatedRecord",
        ("partition_key_table", 1, many, text, ""),
        ("explicit_hash_key_table", 2, many, text, ""),
        ("records", 3, many, nested, ".kpl.Record"),
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    aggregated = pool.FindMessageTypeByName("kpl.AggregatedRecord")
    return message_factory.GetMessageClass(aggregated), message.DecodeError
