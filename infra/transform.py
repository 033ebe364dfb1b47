"""A SAM template's text in, plain CloudFormation out, without an account or a network."""

from typing import Any, Final

from boto3 import Session
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from core.errors import Misconfigured

_REGION: Final = "us-east-1"
_SAM: Final = "AWS::Serverless-2016-10-31"
_CODE: Final = "s3://code/bundle"  # the translator wants an uploaded bundle; nobody here reads it


def transform(source: str) -> dict[str, Any]:
    """Return the template after the SAM transform; raise Misconfigured when it refuses it.

    A template of plain CloudFormation comes back as it is.
    """
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
