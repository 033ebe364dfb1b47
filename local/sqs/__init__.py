"""boto3's calls of SQS in, standard queues on disk out: as much of it as failures need."""

from local.sqs.api import SqsService

__all__ = ["SqsService"]
