"""A reply and its shape in, S3's XML out; XML and its shape in, boto3's parameters out."""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from botocore.model import Shape

from local.aws_error import AwsError
from local.wire.codec import epoch_ms

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# What S3 calls the outermost element where it is not the shape's name.
_ROOTS: Final = {
    "ListBucketsOutput": "ListAllMyBucketsResult",
    "ListObjectsV2Output": "ListBucketResult",
    "DeleteObjectsOutput": "DeleteResult",
    "GetBucketLocationOutput": "LocationConstraint",
}


def xml_body(reply: dict[str, Any], shape: Shape) -> bytes:
    """Return the document for a reply; members that travel in headers are left out."""
    root = _ROOTS.get(shape.name, shape.name)
    inner = "" if root == "LocationConstraint" else "".join(_members(reply, shape))
    return f'{DECLARATION}<{root} xmlns="{_NAMESPACE}">{inner}</{root}>'.encode()


def parse_xml(body: bytes, shape: Shape) -> Any:
    """Return the parameters; AwsError MalformedXML for anything but a plain document."""
    malformed = AwsError("MalformedXML", "The XML you provided was not well-formed")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise malformed
    try:
        # No document type, so nothing can be expanded.
        root = ElementTree.fromstring(body)  # noqa: S314 - no DTD, see above
        return _value(root, shape)
    except (ElementTree.ParseError, ValueError, RecursionError):
        raise malformed from None


def _members(value: dict[str, Any], shape: Shape) -> Iterator[str]:
    for name, member in shape.members.items():
        if value.get(name) is None or "location" in member.serialization:
            continue
        tag = member.serialization.get("name", name)
        if member.type_name != "list":
            yield f"<{tag}>{_text(value[name], member)}</{tag}>"
            continue
        flat = member.serialization.get("flattened")
        item_tag = tag if flat else member.member.serialization.get("name", "member")
        items = "".join(
            f"<{item_tag}>{_text(item, member.member)}</{item_tag}>" for item in value[name]
        )
        yield items if flat else f"<{tag}>{items}</{tag}>"


def _text(value: Any, shape: Shape) -> str:
    if shape.type_name == "structure":
        return "".join(_members(value, shape))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return iso8601(value)
    # A key may hold what XML cannot; clients that care ask for encoding-type=url.
    return escape(_CONTROL.sub("\ufffd", str(value)), {'"': "&quot;"})


def iso8601(value: datetime) -> str:
    ms = epoch_ms(value) % 1000
    return f"{value:%Y-%m-%dT%H:%M:%S}.{ms:03d}Z"


def _value(element: ElementTree.Element, shape: Shape) -> Any:
    if shape.type_name == "structure":
        return _structure(element, shape)
    if shape.type_name == "list":
        return [_value(child, shape.member) for child in element]
    text = element.text or ""
    if shape.type_name == "boolean":
        return text.strip().lower() == "true"
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text


def _structure(element: ElementTree.Element, shape: Shape) -> dict[str, Any]:
    children: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        children.setdefault(child.tag.rpartition("}")[2], []).append(child)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        nodes = children.get(member.serialization.get("name", name), [])
        if not nodes:
            continue
        if member.type_name == "list" and member.serialization.get("flattened"):
            found[name] = [_value(node, member.member) for node in nodes]
        else:
            found[name] = _value(nodes[0], member)
    return found
