"""A SAM template and parameters in, a resolved drawing out; the answer is kept for next time."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from core.errors import Misconfigured
from local.drawing import Drawing
from local.supervise.folder import replace_file
from local.template.intrinsics import Resolver
from local.template.resources import draw


def load(
    path: Path,
    parameters: Mapping[str, str],
    cache: Path | None = None,
    *,
    history: bool = True,
    trend: bool = True,
) -> Drawing:
    """Return what the template draws with these parameters, without `history` its live path only.

    Without `trend` the second consumer is left out.

    Raise Misconfigured for a template that cannot be read, an unknown parameter, and a resource
    type or property that the engine does not know: nothing is ever half built. Transforming costs
    a second, so the transformed template is kept below `cache`, by what it was made of.
    """
    try:
        source = path.read_text()
    except OSError as error:
        raise Misconfigured(f"reading template: {error}") from error
    template = _transformed(source, cache)
    return draw(Resolver(template, parameters), history=history, trend=trend)


def _transformed(source: str, cache: Path | None) -> dict[str, Any]:
    made_of = f"{version('aws-sam-translator')}\n{source}"
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:32]
    kept = cache / f"template-{digest}.json" if cache else None
    if kept is not None and kept.exists():
        try:
            return dict(msgspec.json.decode(kept.read_bytes()))
        except msgspec.DecodeError:
            kept.unlink(missing_ok=True)
    from infra.transform import transform  # a second of imports: only when needed

    template = transform(source)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        replace_file(kept, json.dumps(template).encode())
    return template
