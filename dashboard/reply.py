"""A body, or what is wrong, in; an HTTP answer out, never kept by anybody on the way."""

from typing import Any, Final

import msgspec
from fastapi import Response

NO_STORE: Final = {"Cache-Control": "no-store"}


def json_reply(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return JSON; bytes are taken for JSON that is encoded already."""
    return Response(
        body if isinstance(body, bytes) else msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers=NO_STORE | (headers or {}),
    )


def error_reply(
    status: int, code: str, message: str, *, headers: dict[str, str] | None = None, hint: str = ""
) -> Response:
    """Return `{"error": code, "message": text}`, and `hint` where there is one."""
    body = {"error": code, "message": message} | ({"hint": hint} if hint else {})
    return json_reply(body, status=status, headers=headers)
