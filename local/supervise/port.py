"""A port number in, nothing or PortTaken out."""

import socket

from core.errors import Misconfigured, PortTaken

LOCALHOST = "127.0.0.1"


def check_free(port: int, option: str) -> None:
    """Raise PortTaken, naming the port and the option that moves it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except PermissionError as error:
            raise Misconfigured(f"opening port {port} ({option}): {error.strerror}") from error
        except OSError as error:
            raise PortTaken(f"opening port {port} ({option}): another program uses it") from error
