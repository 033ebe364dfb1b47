"""A reason in, the error DynamoDB answers with out: its codes and its message texts."""

from local.aws_error import AwsError, validation_error


def not_implemented(name: str) -> AwsError:
    """Return the refusal of an operation or a request member that the engine does not have."""
    return validation_error(f"local engine: dynamodb {name} is not implemented")


def invalid_value(reason: str) -> AwsError:
    return validation_error(f"One or more parameter values were invalid: {reason}")


def invalid_expression(kind: str, reason: str) -> AwsError:
    """Return the refusal of an expression; `kind` is its request member's name."""
    return validation_error(f"Invalid {kind}: {reason}")


def malformed(reason: str) -> AwsError:
    """Return the refusal of a request whose JSON types do not fit the API's model."""
    return AwsError("SerializationException", reason)


def table_missing(name: str, *, described: bool = False) -> AwsError:
    detail = f": Table: {name} not found" if described else ""
    return AwsError("ResourceNotFoundException", f"Requested resource not found{detail}")


def internal_server_error() -> AwsError:
    """Return the answer to a fault of the service itself: nothing was applied, safe to retry."""
    return AwsError("InternalServerError", "Internal server error", status=500)
