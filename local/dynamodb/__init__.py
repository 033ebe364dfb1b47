"""DynamoDB's slice that we call: items in, items out, durable on SQLite (clauses D1-D12)."""

from local.dynamodb.api import DynamoDbService

__all__ = ["DynamoDbService"]
