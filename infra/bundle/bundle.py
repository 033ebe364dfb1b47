"""The drawing in, a bundle for each of its functions out."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from samtranslator.yaml_helper import yaml_parse

from infra.bundle.archive import archive_of
from infra.bundle.contents import ROOT, contents_of
from infra.bundle.wheels import Platform, files_of

TEMPLATE: Final = ROOT / "infra" / "template.yaml"
BUDGET: Final = Path(__file__).parent / "budget.toml"
FUNCTION_TYPE: Final = "AWS::Serverless::Function"


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """The zip of one function; the same commit gives the same `sha256` on every machine."""

    logical_id: str
    handler: str
    data: bytes
    sha256: str
    files: int
    packages: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the bundle's key in a bucket: new code, new key."""
        return f"bundles/{self.logical_id}-{self.sha256[:32]}.zip"


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a bundle may weigh, and may take to import on a quiet core."""

    bytes_max: int
    import_ms_max: int


def budgets() -> Mapping[str, Budget]:
    """Return each function's budget, by logical id."""
    return msgspec.toml.decode(BUDGET.read_bytes(), type=dict[str, Budget])


def handlers(template: Path = TEMPLATE) -> Mapping[str, str]:
    """Return the handler of each function of the drawing, by logical id."""
    drawn: Mapping[str, Any] = yaml_parse(template.read_text())["Resources"]
    return {
        name: resource["Properties"]["Handler"]
        for name, resource in drawn.items()
        if resource["Type"] == FUNCTION_TYPE
    }


def bundles(platform: Platform, template: Path = TEMPLATE) -> Iterator[Bundle]:
    """Return the bundles of a template's functions; wheels are fetched once for all."""
    drawn = handlers(template)
    contents = {name: contents_of(handler) for name, handler in drawn.items()}
    wheels = {
        packages: files_of(packages, platform)
        for packages in {each.packages for each in contents.values()}
    }
    for name, handler in drawn.items():
        held = contents[name]
        ours = {path.as_posix(): (ROOT / path).read_bytes() for path in held.files}
        files = {**wheels[held.packages], **ours}
        data = archive_of(files)
        yield Bundle(
            logical_id=name,
            handler=handler,
            data=data,
            sha256=hashlib.sha256(data).hexdigest(),
            files=len(files),
            packages=held.packages,
        )
