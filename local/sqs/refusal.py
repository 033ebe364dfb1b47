"""What a caller did wrong in, the AwsError that AWS's SQS answers with out."""

from collections.abc import Iterable

from local.aws_error import AwsError

NO_QUEUE = "AWS.SimpleQueueService.NonExistentQueue"
QUEUE_EXISTS = "QueueAlreadyExists"


def not_implemented(members: Iterable[str]) -> AwsError:
    """Return the refusal of members of a request that the engine does not know."""
    names = ", ".join(sorted(members))
    return AwsError(
        "AWS.SimpleQueueService.UnsupportedOperation", f"local engine: sqs has no {names}"
    )


def no_such_queue() -> AwsError:
    return AwsError(NO_QUEUE, "The specified queue does not exist.")


def queue_exists(attribute: str) -> AwsError:
    message = (
        f"A queue already exists with the same name and a different value for attribute {attribute}"
    )
    return AwsError(QUEUE_EXISTS, message)


def unknown_attribute(name: str) -> AwsError:
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")


def invalid_attribute_value(name: str) -> AwsError:
    message = f"Invalid value for the parameter {name}."
    return AwsError("InvalidAttributeValue", message)


def invalid_value(value: object, name: str, reason: str) -> AwsError:
    message = f"Value {value} for parameter {name} is invalid. Reason: {reason}."
    return AwsError("InvalidParameterValue", message)


def message_too_long(bytes_max: int) -> AwsError:
    message = (
        "One or more parameters are invalid. Reason: Message must be shorter than "
        f"{bytes_max} bytes."
    )
    return AwsError("InvalidParameterValue", message)


def missing(name: str) -> AwsError:
    message = f"The request must contain the parameter {name}."
    return AwsError("MissingParameter", message)


def forbidden_character() -> AwsError:
    message = "Invalid characters found. Valid unicode characters are those of XML 1.0."
    return AwsError("InvalidMessageContents", message)


def no_such_receipt() -> AwsError:
    message = "The input receipt handle is invalid."
    return AwsError("ReceiptHandleIsInvalid", message, status=404)


def not_in_flight() -> AwsError:
    message = "Value for parameter VisibilityTimeout is invalid. Reason: Message does not exist."
    return AwsError("AWS.SimpleQueueService.MessageNotInflight", message)
