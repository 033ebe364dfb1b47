"""An AwsError in, the response that a service's own protocol gives it out."""

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

import msgspec
from botocore.model import ServiceModel

from local.aws_error import AwsError
from local.wire.codec import Codec
from local.wire.message import Response
from local.wire.xml_text import DECLARATION

# DynamoDB writes the namespace of an error before its name; SDKs cut it off again.
_CORAL: Final = {
    "ValidationException": "com.amazon.coral.validate#",
    "SerializationException": "com.amazon.coral.service#",
    "UnknownOperationException": "com.amazon.coral.service#",
}
_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810#"
# SQS was form-encoded once: a header says an error's old name, the body the model's.
_SQS: Final = "com.amazonaws.sqs#"
_SQS_NAMES: Final = {
    "AWS.SimpleQueueService.MessageNotInflight": "MessageNotInflight",
    "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
    "AWS.SimpleQueueService.UnsupportedOperation": "UnsupportedOperation",
    "QueueAlreadyExists": "QueueNameExists",
}


def target_error(error: AwsError, codec: Codec, model: ServiceModel | None) -> Response:
    """Return the answer of an API that is called by X-Amz-Target (clause A47)."""
    name, headers = error.code, {"content-type": codec.content_type}
    if model is not None and model.service_name == "dynamodb":
        name = _CORAL.get(name, _DYNAMODB) + name
    elif model is not None and model.service_name == "sqs":
        name = _SQS + _SQS_NAMES.get(name, name)
        fault = "Sender" if error.status < 500 else "Receiver"
        headers["x-amzn-query-error"] = f"{error.code};{fault}"
    body: dict[str, Any] = {"__type": name}
    body[_message_member(error.code, model)] = error.message
    body.update(_beside(error))
    return Response(error.status, codec.encode(body), headers)


def rest_json_error(error: AwsError) -> Response:
    """Return the answer of Lambda's API."""
    fault = "User" if error.status < 500 else "Service"
    body = {"Type": fault, "Message": error.message, "message": error.message, **_beside(error)}
    headers = {"content-type": "application/json", "x-amzn-errortype": error.code}
    return Response(error.status, msgspec.json.encode(body), headers)


def xml_error(error: AwsError, request_id: str, resource: str) -> Response:
    """Return S3's answer."""
    body = (
        f"{DECLARATION}<Error><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message>"
        f"<Resource>{escape(resource)}</Resource><RequestId>{request_id}</RequestId></Error>"
    )
    return Response(error.status, body.encode(), {"content-type": "application/xml"})


def query_error(error: AwsError, request_id: str) -> Response:
    """Return what clients of the older, form-encoded APIs (SQS, SNS, CloudWatch ...) can read."""
    body = (
        f"{DECLARATION}<ErrorResponse><Error><Type>Sender</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return Response(error.status, body.encode(), {"content-type": "text/xml"})


def _beside(error: AwsError) -> Mapping[str, Any]:
    """Return the members that stand beside the message, such as CancellationReasons."""
    own = ("Error", "ResponseMetadata")
    return {name: value for name, value in error.response.items() if name not in own}


def _message_member(code: str, model: ServiceModel | None) -> str:
    """Return `message` or `Message`, as the API's model has it for this error."""
    if code == "SerializationException":
        return "Message"
    if model is not None:
        shape = model.shape_for(code) if code in model.shape_names else None
        if shape is not None and "Message" in getattr(shape, "members", ()):
            return "Message"
    return "message"
