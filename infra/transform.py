"""A SAM template's text in, plain CloudFormation out, without an account or a network."""

from collections.abc import Iterator
from typing import Any, Final

import yaml  # type: ignore[import-untyped] # it has no types, and one call is all we need
from boto3 import Session
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from core.errors import Misconfigured

_REGION: Final = "us-east-1"
_SAM: Final = "AWS::Serverless-2016-10-31"
_CODE: Final = "s3://code/bundle"  # the translator wants an uploaded bundle; nobody here reads it
_READER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # C, where it is built in


def transform(source: str) -> dict[str, Any]:
    """Return the template after the SAM transform; raise Misconfigured when it refuses it.

    A template of plain CloudFormation comes back as it is. A name that stands twice is refused:
    YAML would take the second one and say nothing.
    """
    try:
        twice = sorted(_twice(yaml.compose(source, Loader=_READER)))
    except yaml.YAMLError as error:
        raise Misconfigured(f"reading template: {error}") from error
    if twice:
        raise Misconfigured(f"reading template: {twice[0]} stands there twice")
    template = yaml_parse(source)
    if not isinstance(template, dict) or "Resources" not in template:
        raise Misconfigured("reading template: it has no Resources")
    if template.get("Transform") != _SAM:
        return template
    defaults = {
        name: declared["Default"]
        for name, declared in template.get("Parameters", {}).items()
        if "Default" in declared
    }
    for resource in template["Resources"].values():
        if resource.get("Type") == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = _CODE
    translator = Translator({}, Parser(), boto_session=Session(region_name=_REGION))
    try:
        return dict(translator.translate(template, defaults))
    except InvalidDocumentException as error:
        causes = "; ".join(str(cause.message) for cause in error.causes)
        raise Misconfigured(f"transforming template: {causes}") from error
    finally:
        translator.metrics.publish()  # to nowhere; else it warns that nobody asked for them


def _twice(node: Any) -> Iterator[str]:
    """Yield the names that stand twice in one mapping, each with its line."""
    if isinstance(node, yaml.SequenceNode):
        for member in node.value:
            yield from _twice(member)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield f"{key.value} (line {key.start_mark.line + 1})"
            seen.add(key.value)
            yield from _twice(value)
