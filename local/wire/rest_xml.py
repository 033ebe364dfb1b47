"""A request and an operation's shapes in, parameters out; a reply in, a response out (S3)."""

import email.utils
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.model import OperationModel, Shape

from local.aws_error import AwsError
from local.wire.codec import epoch_ms
from local.wire.message import Response
from local.wire.xml_text import parse_xml, xml_body


def parameters_of(
    operation: OperationModel,
    path: Mapping[str, str],
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
) -> dict[str, Any]:
    """Return boto3's keyword arguments; AwsError InvalidArgument or MalformedXML."""
    shape = operation.input_shape
    if shape is None:
        return {}
    found: dict[str, Any] = {}
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        sent = member.serialization.get("name", name)
        source = {"uri": path, "querystring": query, "header": headers}.get(location)
        if source is not None:
            text = source.get(sent.lower() if location == "header" else sent)
            if text is not None:
                found[name] = _scalar(text, member, sent)
        elif location == "headers":
            prefixed = _prefixed(headers, sent.lower())
            if prefixed:
                found[name] = prefixed
        elif name == payload:
            if member.type_name == "blob":
                found[name] = body
            elif body:
                found[name] = parse_xml(body, member)
    return found


def response_of(operation: OperationModel, reply: dict[str, Any]) -> Response:
    """Return the answer: headers, and a blob or an XML document as its body."""
    shape = operation.output_shape
    status = operation.http.get("responseCode", 200)
    if shape is None:
        return Response(status)
    headers: dict[str, str] = {}
    for name, member in shape.members.items():
        value = reply.get(name)
        if value is None:
            continue
        location = member.serialization.get("location")
        sent = member.serialization.get("name", name).lower()
        if location == "header":
            headers[sent] = _header_text(value)
        elif location == "headers":
            headers.update({sent + key: text for key, text in value.items()})
    payload = shape.serialization.get("payload")
    if payload is not None:
        body = reply[payload].read() if payload in reply else b""
        return Response(206 if "content-range" in headers else status, body, headers)
    in_body = any("location" not in member.serialization for member in shape.members.values())
    if not in_body:
        return Response(status, b"", headers)
    headers["content-type"] = "application/xml"
    return Response(status, xml_body(reply, shape), headers)


def _prefixed(headers: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in headers.items()
        if name.startswith(prefix)
    }


def _scalar(text: str, shape: Shape, sent: str) -> Any:
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name in ("integer", "long"):
        try:
            if len(text) < 20:
                return int(text)
        except ValueError:
            pass
        message = f"Provided {sent} not an integer or within integer range"
        raise AwsError("InvalidArgument", message)
    return text


def _header_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return email.utils.formatdate(epoch_ms(value) // 1000, usegmt=True)
    return str(value)
