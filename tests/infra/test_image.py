"""The image of the dashboard, which nothing here can build: it copies all that it starts with."""

import re
from pathlib import Path

from infra.gates.calls import modules_of
from infra.gates.drawn import ROOT, SOURCES, read

TEXT = (ROOT / "infra" / "dashboard.Dockerfile").read_text()
COPIED = [line.split()[1] for line in TEXT.splitlines() if re.match(r"COPY (?!--)", line)]


def test_everything_that_is_copied_is_there() -> None:
    assert [name for name in COPIED if not (ROOT / name).exists()] == []
    assert {"core", "dashboard", "sql"} <= set(COPIED)


def test_every_module_that_the_dashboard_reaches_is_copied() -> None:
    reached = {path.relative_to(ROOT).parts[0] for path in modules_of("dashboard.__main__")}
    assert reached == {"core", "dashboard"}
    assert reached <= set(COPIED)


def test_the_container_starts_what_the_stack_expects() -> None:
    ((_, task),) = read(SOURCES[1]).of_kind("AWS::ECS::TaskDefinition")
    (container,) = task["ContainerDefinitions"]
    (port,) = container["PortMappings"]
    command = re.search(r"^CMD \[(.*)\]$", TEXT, re.M)
    assert command is not None
    words = re.findall(r'"([^"]+)"', command[1])
    assert words[:3] == ["python", "-m", "dashboard"]
    assert words[-1] == str(port["ContainerPort"])
    assert re.findall(r"^USER (\d+)$", TEXT, re.M) == [container["User"]]
    assert f"EXPOSE {port['ContainerPort']}" in TEXT


def test_the_image_has_the_functions_python_and_locked_packages() -> None:
    ((_, function), *_) = read(SOURCES[0]).of_kind("AWS::Lambda::Function")
    assert set(re.findall(r"^FROM (\S+)-slim", TEXT, re.M)) == {
        function["Runtime"].replace("python", "python:")
    }
    assert "--require-hashes -r /tmp/dashboard.lock" in TEXT
    assert Path(ROOT / "requirements" / "dashboard.lock").exists()
