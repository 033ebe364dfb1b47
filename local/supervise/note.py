"""A supervisor's state in, the instance's file out, so that other commands find what runs."""

import os
from collections.abc import Callable

from core.clock import Clock
from core.settings import Settings
from local.supervise.children import UpOptions, warehouse_url
from local.supervise.folder import DataFolder
from local.supervise.instance import Instance, InstanceState
from local.supervise.supervisor import Supervisor


class InstanceNote:
    """Keeps the file as the world is."""

    def __init__(
        self,
        options: UpOptions,
        settings: Settings,
        folder: DataFolder,
        clock: Clock,
        announce: Callable[[str], None],
    ) -> None:
        self._options = options
        self._settings = settings
        self._folder = folder
        self._announce = announce
        self._started_ms = clock.now_ms()
        self._state: InstanceState = "starting"
        self.supervisor: Supervisor | None = None

    def move(self, state: InstanceState) -> None:
        self._state = state
        self.write()

    def write(self) -> None:
        children = self.supervisor.children if self.supervisor else []
        instance = Instance(
            pid=os.getpid(),
            state=self._state,
            aws_port=self._options.aws_port,
            dashboard_port=self._options.dashboard_port,
            warehouse_port=self._options.warehouse_port,
            warehouse=warehouse_url(self._options.warehouse_port, self._settings),
            started_ms=self._started_ms,
            children=tuple(child.as_state() for child in children),
        )
        try:
            instance.write(self._folder)
        except OSError as error:  # a full disk: the children matter more than this note
            self._announce(f"warning: writing {self._folder.instance}: {error}")
