"""What went wrong in, the AwsError that Kinesis answers with out: its codes and its texts."""

from typing import Final

from local.aws_error import AwsError, validation_error

ACCOUNT_ID: Final = "000000000000"
REGION: Final = "us-east-1"


def not_implemented(name: str) -> AwsError:
    """Return the refusal of an operation or a request member that the engine does not have."""
    return validation_error(f"local engine: kinesis.{name} is not implemented")


def invalid_argument(message: str) -> AwsError:
    return AwsError("InvalidArgumentException", message)


def malformed(message: str) -> AwsError:
    """Return the refusal of a member of another type than the API's model says (A47)."""
    return AwsError("SerializationException", message)


def stream_missing(name: str) -> AwsError:
    """Clause A49."""
    return AwsError(
        "ResourceNotFoundException", f"Stream {name} under account {ACCOUNT_ID} not found."
    )


def shard_missing(name: str, shard_id: str) -> AwsError:
    """Clause A49."""
    return AwsError(
        "ResourceNotFoundException",
        f"Could not find shard {shard_id} in stream {name} under account {ACCOUNT_ID}.",
    )


def shard_does_not_exist(name: str, shard_id: str) -> AwsError:
    """Clause A49, as the reading calls put it."""
    return AwsError(
        "ResourceNotFoundException",
        f"Shard {shard_id} in stream {name} under account {ACCOUNT_ID} does not exist",
    )


def stream_exists(name: str) -> AwsError:
    return AwsError(
        "ResourceInUseException", f"Stream {name} under account {ACCOUNT_ID} already exists."
    )


def stream_not_active(name: str, status: str) -> AwsError:
    """Clause A36."""
    return AwsError(
        "ResourceInUseException",
        f"Stream {name} under account {ACCOUNT_ID} not ACTIVE, instead in state {status}",
    )


def rate_exceeded_message(name: str, shard_id: str) -> str:
    """Clause A8."""
    return f"Rate exceeded for shard {shard_id} in stream {name} under account {ACCOUNT_ID}."


def throughput_exceeded(name: str, shard_id: str) -> AwsError:
    """Clause A6."""
    return AwsError("ProvisionedThroughputExceededException", rate_exceeded_message(name, shard_id))


def limit_exceeded(message: str) -> AwsError:
    return AwsError("LimitExceededException", message)


def shard_quota_exceeded(current: int, limit: int, added: int) -> AwsError:
    """Clause A42."""
    return limit_exceeded(
        f"This request would exceed the shard limit for the account {ACCOUNT_ID} in {REGION}. "
        f"Current shard count for the account: {current}. Limit: {limit}. Number of additional "
        f"shards that would have resulted from this request: {added}."
    )
