"""What went wrong in, the AwsError that S3 answers with out."""

from local.aws_error import AwsError


def no_such_bucket() -> AwsError:
    return AwsError("NoSuchBucket", "The specified bucket does not exist", status=404)


def no_such_key() -> AwsError:
    return AwsError("NoSuchKey", "The specified key does not exist.", status=404)


def head_not_found() -> AwsError:
    """Return the answer to a HEAD of nothing: it has no body, so botocore shows the status."""
    return AwsError("404", "Not Found", status=404)


def precondition_failed() -> AwsError:
    message = "At least one of the pre-conditions you specified did not hold"
    return AwsError("PreconditionFailed", message, status=412)


def not_modified() -> AwsError:
    return AwsError("304", "Not Modified", status=304)


def invalid_range() -> AwsError:
    return AwsError("InvalidRange", "The requested range is not satisfiable", status=416)


def invalid_argument(message: str) -> AwsError:
    return AwsError("InvalidArgument", message)


def bad_digest(name: str) -> AwsError:
    return AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def internal_error() -> AwsError:
    """Return the answer to a fault of the disk: nothing is half done, safe to retry."""
    message = "We encountered an internal error. Please try again."
    return AwsError("InternalError", message, status=500)


def not_implemented(what: str) -> AwsError:
    return AwsError("NotImplemented", f"local engine: s3.{what} is not implemented", status=501)
