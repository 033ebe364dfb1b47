"""The transformed drawing and bundles in, the template that CloudFormation gets out."""

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.bundle.bundle import Bundle


def package(template: Mapping[str, Any], made: Iterable[Bundle], *, bucket: str) -> dict[str, Any]:
    """Return the template with each function's code in a bucket, by the digest of its bytes."""
    packaged = copy.deepcopy(dict(template))
    for bundle in made:
        code = {"S3Bucket": bucket, "S3Key": bundle.key}
        packaged["Resources"][bundle.logical_id]["Properties"]["Code"] = code
    return packaged


def template_object(template: Mapping[str, Any]) -> tuple[str, bytes]:
    """Return the key and the bytes of a template: over 51,200 bytes, it is passed by address."""
    body = json.dumps(template, separators=(",", ":"), sort_keys=True).encode()
    return f"templates/{hashlib.sha256(body).hexdigest()[:32]}.json", body


def without_outputs_of(template: Mapping[str, Any], left_out: Iterable[str]) -> dict[str, Any]:
    """Return the template without outputs that name a resource it has not any more."""
    gone = [re.compile(rf"\b{re.escape(name)}\b") for name in left_out]
    kept = {
        name: output
        for name, output in template.get("Outputs", {}).items()
        if not any(pattern.search(json.dumps(output.get("Value"))) for pattern in gone)
    }
    return {**template, **({"Outputs": kept} if "Outputs" in template else {})}
