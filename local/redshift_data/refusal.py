"""What a caller did wrong in, the AwsError that AWS's Data API answers with out."""

from collections.abc import Iterable

from local.aws_error import AwsError, validation_error


def not_implemented(members: Iterable[str]) -> AwsError:
    """Return the refusal of members of a request that the engine does not know."""
    names = ", ".join(sorted(members))
    return validation_error(f"local engine: redshift-data has no {names}")


def no_such_statement(statement_id: str) -> AwsError:
    extra = {"ResourceId": statement_id}
    return AwsError("ResourceNotFoundException", "Query does not exist.", extra=extra)


def no_result(statement_id: str) -> AwsError:
    """Return the answer for a statement that runs, failed, or returns no rows."""
    message = "Query does not have result. Please check query status with DescribeStatement."
    return AwsError("ResourceNotFoundException", message, extra={"ResourceId": statement_id})


def no_such_workgroup(name: str) -> AwsError:
    message = f"Redshift endpoint doesn't exist in this region: there is no workgroup {name}."
    return validation_error(message)


def already_over(statement_id: str, status: str) -> AwsError:
    message = f"Could not cancel a query that is already in {status} state with ID: {statement_id}"
    return validation_error(message)


def too_many_active(limit: int) -> AwsError:
    message = f"Number of active statements exceeds the limit of {limit}."
    return AwsError("ActiveStatementsExceededException", message)


def not_accepted(operation: str, message: str, statement_id: str) -> AwsError:
    """Return the answer to a statement that the engine itself cannot run now: safe to repeat."""
    extra = {"StatementId": statement_id}
    return AwsError(f"{operation}Exception", message, status=500, extra=extra)
