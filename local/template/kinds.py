"""The types of resources: those that run here, property by property, and those that need not."""

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "AWS::KMS::Key": "nothing is encrypted locally",
    "AWS::IAM::Role": "nothing is authorised locally",
    "AWS::S3::BucketPolicy": "nothing is authorised locally",
    "AWS::Logs::LogGroup": "functions log to files below the data folder",
    "AWS::CloudWatch::Alarm": "`cube status` and `cube check` show what alarms watch",
}
# Properties that change something locally, and those that only mean something on AWS.
RUN: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "AWS::Kinesis::Stream": (
        frozenset({"ShardCount", "RetentionPeriodHours", "StreamModeDetails"}),
        frozenset({"StreamEncryption", "Tags"}),
    ),
    "AWS::DynamoDB::Table": (
        frozenset({"KeySchema", "AttributeDefinitions", "TimeToLiveSpecification"}),
        frozenset({"BillingMode", "PointInTimeRecoverySpecification", "SSESpecification", "Tags"}),
    ),
    "AWS::S3::Bucket": (
        frozenset(),
        frozenset(
            {
                "BucketEncryption",
                "PublicAccessBlockConfiguration",
                "VersioningConfiguration",
                "LifecycleConfiguration",
                "Tags",
            }
        ),
    ),
    "AWS::Lambda::Function": (
        frozenset(
            {"Handler", "Timeout", "MemorySize", "Environment", "ReservedConcurrentExecutions"}
        ),
        frozenset(
            {
                "Architectures",
                "Code",
                "Description",
                "KmsKeyArn",
                "LoggingConfig",
                "Role",
                "Runtime",
                "Tags",
                "TracingConfig",
            }
        ),
    ),
    "AWS::Lambda::EventSourceMapping": (
        frozenset(
            {
                "EventSourceArn",
                "FunctionName",
                "StartingPosition",
                "StartingPositionTimestamp",
                "BatchSize",
                "MaximumBatchingWindowInSeconds",
                "ParallelizationFactor",
                "BisectBatchOnFunctionError",
                "MaximumRetryAttempts",
                "MaximumRecordAgeInSeconds",
                "FunctionResponseTypes",
                "DestinationConfig",
                "Enabled",
            }
        ),
        frozenset({"Tags"}),
    ),
    "AWS::Scheduler::Schedule": (
        frozenset({"ScheduleExpression", "Target", "State"}),
        frozenset({"FlexibleTimeWindow", "Description", "KmsKeyArn", "Name"}),
    ),
}
