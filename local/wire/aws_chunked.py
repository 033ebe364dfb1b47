"""A body in AWS's chunked upload encoding in, the object and the trailing headers out.

Newer SDKs send uploads like this, with a checksum behind the body:
`SIZE[;chunk-signature=...] CRLF bytes CRLF ... 0[;...] CRLF name:value CRLF ... CRLF`.
"""

from typing import Final

from local.aws_error import AwsError

_LINE_BYTES_MAX: Final = 1_024


def is_chunked(headers: dict[str, str]) -> bool:
    """Tell whether the body is encoded like this."""
    digest = headers.get("x-amz-content-sha256", "")
    encoding = headers.get("content-encoding", "").lower()
    return digest.startswith("STREAMING-") or "aws-chunked" in encoding.replace(" ", "").split(",")


def decode_chunks(body: bytes, decoded_length: int | None) -> tuple[bytes, dict[str, str]]:
    """Return the object and its trailers; AwsError IncompleteBody when the text is broken."""
    chunks: list[bytes] = []
    position = 0
    while True:
        line, position = _line(body, position)
        try:
            size = int(line.partition(b";")[0].strip(), 16)
        except ValueError:
            raise _broken() from None
        if size < 0:
            raise _broken()
        if size == 0:
            break
        end = position + size
        if body[end : end + 2] != b"\r\n":
            raise _broken()
        chunks.append(body[position:end])
        position = end + 2
    decoded = b"".join(chunks)
    if decoded_length is not None and decoded_length != len(decoded):
        raise _broken()
    return decoded, _trailers(body[position:])


def _line(body: bytes, position: int) -> tuple[bytes, int]:
    end = body.find(b"\r\n", position, position + _LINE_BYTES_MAX)
    if end < 0:
        raise _broken()
    return body[position:end], end + 2


def _trailers(text: bytes) -> dict[str, str]:
    trailers: dict[str, str] = {}
    for line in text.decode("latin-1").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            trailers[name.strip().lower()] = value.strip()
    return trailers


def _broken() -> AwsError:
    message = "The request body terminated unexpectedly"
    return AwsError("IncompleteBody", message)
