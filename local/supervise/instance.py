"""A data folder in, what runs in it out: the supervisor's note, valid while it holds the lock."""

from typing import Literal

import msgspec

from local.supervise.folder import DataFolder, replace_file
from local.supervise.lock import holder

ChildStateName = Literal["starting", "ready", "waiting", "stopped"]
InstanceState = Literal["starting", "ready", "stopping"]


class ChildState(msgspec.Struct, frozen=True, kw_only=True):
    """One child: `waiting` is dead and about to be started again."""

    name: str
    pid: int | None
    port: int
    state: ChildStateName
    restarts: int
    started_ms: int


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """A running `cube up`."""

    pid: int
    state: InstanceState
    aws_port: int
    dashboard_port: int | None
    warehouse_port: int | None = None
    warehouse: str | None = None  # the connection string, without the password
    started_ms: int
    children: tuple[ChildState, ...]

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def dashboard(self) -> str | None:
        return f"http://127.0.0.1:{self.dashboard_port}" if self.dashboard_port else None

    def write(self, folder: DataFolder) -> None:
        replace_file(folder.instance, msgspec.json.encode(self))

    @staticmethod
    def read(folder: DataFolder) -> "Instance | None":
        """Return the instance that runs in the folder, None when none does."""
        if holder(folder.lock) is None:
            return None
        try:
            return msgspec.json.decode(folder.instance.read_bytes(), type=Instance)
        except (OSError, msgspec.MsgspecError):
            return None
