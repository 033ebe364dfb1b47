"""A folder in, ministack on a port of 127.0.0.1 out: another reading of AWS, to deploy into."""

import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from local.cli.clients import client_at
from local.supervise.children import local_aws_environment
from tests.processes.desk import MACHINE, free_port, wait_until


class Ministack:
    """A running ministack; it keeps nothing, and ends with `end`."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        self._log = folder / "ministack.log"
        environment = {
            **MACHINE,
            **local_aws_environment(self.endpoint),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(folder),
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, "ministack answers")

    def client(self, service: str) -> Any:
        return client_at(service, self.endpoint)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def end(self) -> None:
        """End it, and the functions it started, which end with its pipes."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log()[-2_000:]
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1):
                return True
        except OSError:
            return False
