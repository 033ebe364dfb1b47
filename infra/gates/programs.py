"""Templates, before and after the SAM transform, in; findings of sam, cfn-lint and checkov out.

They live in `.venv-infra` (`scripts/setup infra`) and are run as programs, without an account and
without a network. cfn-lint and checkov are shown the transformed template: of the source they see
little (docs/decisions/0014).
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from core.errors import GateUnusable
from infra.gates.drawn import ROOT, Drawn
from infra.gates.finding import Finding

BIN: Final = ROOT / ".venv-infra" / "bin"
REGION: Final = "us-east-1"
_TIMEOUT_S: Final = 300


def sam_validate(source: Path, folder: Path) -> Iterator[Finding]:
    """Let sam read a source; `folder` is where it may keep what it keeps."""
    command = ["sam", "validate", "--region", REGION, "--template", str(source)]
    done = _run(command, folder, {"__SAM_CLI_APP_DIR": str(folder), "SAM_CLI_TELEMETRY": "0"})
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        yield Finding("sam", "validate", "-", said[-1] if said else "it says no more")
    elif "is a valid SAM Template" not in done.stdout:
        raise GateUnusable(f"running sam validate: {done.stdout[-300:]}{done.stderr[-300:]}")


def cfn_lint(paths: Sequence[Path], folder: Path) -> dict[Path, list[Finding]]:
    """Return what cfn-lint finds in each file of CloudFormation."""
    command = ["cfn-lint", "--regions", REGION, "--format", "json", "--", *map(str, paths)]
    found: dict[Path, list[Finding]] = {path: [] for path in paths}
    for said in _json(_run(command, folder, {}), "cfn-lint"):
        where = said["Location"].get("Path") or []
        name = str(where[1]) if len(where) > 1 and where[0] == "Resources" else "-"
        finding = Finding("cfn-lint", said["Rule"]["Id"], name, said["Message"])
        found[Path(said["Filename"])].append(finding)
    return found


def checkov(paths: Sequence[Path], folder: Path) -> dict[Path, list[Finding]]:
    """Return what checkov finds in each file of CloudFormation."""
    command = ["checkov", "--skip-download", "--framework", "cloudformation", "--quiet"]
    command += ["--compact", "--output", "json"]
    for path in paths:
        command += ["--file", str(path)]
    said = _json(_run(command, folder, {}), "checkov")
    if said["summary"]["parsing_errors"] or not said["summary"]["passed"]:
        raise GateUnusable(f"running checkov: {said['summary']}")
    found: dict[Path, list[Finding]] = {path: [] for path in paths}
    by_name = {path.name: path for path in paths}
    for each in said["results"]["failed_checks"]:
        name = each["resource"].rpartition(".")[2]
        finding = Finding("checkov", each["check_id"], name, each["check_name"])
        found[by_name[Path(each["file_path"]).name]].append(finding)
    return found


def write(drawn: Drawn, folder: Path) -> Path:
    """Write a transformed template for the programs to read; return where."""
    path = folder / f"{Path(drawn.name).stem}.json"
    path.write_text(json.dumps(drawn.body, indent=1))
    return path


def _run(
    command: Sequence[str], folder: Path, more: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    program = BIN / command[0]
    if not program.exists():
        raise GateUnusable(f"running {command[0]}: it is not in .venv-infra")
    # No account: the gates must hold on a machine that has none.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}  # noqa: TID251 - of a child
    return subprocess.run(
        [program, *command[1:]],
        cwd=folder,
        env={**kept, "AWS_EC2_METADATA_DISABLED": "true", **more},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def _json(done: subprocess.CompletedProcess[str], program: str) -> Any:
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise GateUnusable(
            f"running {program}: {done.stdout[-300:]}{done.stderr[-300:]}"
        ) from error
