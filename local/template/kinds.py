"""The types of resources: those that run here, property by property, and those that need not."""

from collections.abc import Mapping
from typing import Final

IGNORED: Final[Mapping[str, str]] = {
    "AWS::KMS::Key": "nothing is encrypted locally",
    "AWS::KMS::Alias": "nothing is encrypted locally",
    "AWS::IAM::Role": "nothing is authorised locally",
    "AWS::IAM::RolePolicy": "nothing is authorised locally",
    "AWS::S3::BucketPolicy": "nothing is authorised locally",
    "AWS::Logs::LogGroup": "functions log to files below the data folder",
    "AWS::Logs::LogStream": "`cube status` shows what delivery streams log",
    "AWS::EC2::VPC": "everything is on 127.0.0.1",
    "AWS::EC2::Subnet": "everything is on 127.0.0.1",
    "AWS::EC2::RouteTable": "everything is on 127.0.0.1",
    "AWS::EC2::SubnetRouteTableAssociation": "everything is on 127.0.0.1",
    "AWS::EC2::VPCEndpoint": "everything is on 127.0.0.1",
    "AWS::EC2::SecurityGroup": "everything is on 127.0.0.1",
    "AWS::EC2::SecurityGroupIngress": "everything is on 127.0.0.1",
    "AWS::EC2::InternetGateway": "everything is on 127.0.0.1",
    "AWS::EC2::VPCGatewayAttachment": "everything is on 127.0.0.1",
    "AWS::EC2::Route": "everything is on 127.0.0.1",
    "AWS::SQS::QueuePolicy": "nothing is authorised locally",
    "AWS::Kinesis::StreamConsumer": "the mapping reads the stream itself, as quickly",
    "AWS::CloudWatch::Alarm": "`cube status` and `cube check` show what alarms watch",
    "AWS::CloudWatch::Dashboard": "the dashboard's own pages show it",
    "AWS::SNS::Topic": "no alarm is raised locally, so nobody is told",
    "AWS::SNS::TopicPolicy": "nothing is authorised locally",
    "AWS::SNS::Subscription": "no alarm is raised locally, so nobody is told",
    "AWS::ECR::Repository": "the dashboard runs from its source",
}
# Properties that change something locally, and those that only mean something on AWS.
RUN: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "AWS::Kinesis::Stream": (
        frozenset({"ShardCount", "RetentionPeriodHours", "StreamModeDetails"}),
        frozenset({"StreamEncryption", "Tags"}),
    ),
    "AWS::DynamoDB::Table": (
        frozenset({"KeySchema", "AttributeDefinitions", "TimeToLiveSpecification"}),
        frozenset(
            {
                "BillingMode",
                "ProvisionedThroughput",
                "DeletionProtectionEnabled",
                "PointInTimeRecoverySpecification",
                "SSESpecification",
                "Tags",
            }
        ),
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
    "AWS::SQS::Queue": (
        frozenset({"VisibilityTimeout", "MessageRetentionPeriod", "MaximumMessageSize"}),
        frozenset(
            {
                "KmsDataKeyReusePeriodSeconds",
                "KmsMasterKeyId",
                "SqsManagedSseEnabled",
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
    "AWS::Lambda::EventInvokeConfig": (
        frozenset(
            {
                "DestinationConfig",
                "FunctionName",
                "MaximumEventAgeInSeconds",
                "MaximumRetryAttempts",
                "Qualifier",
            }
        ),
        frozenset(),
    ),
    "AWS::KinesisFirehose::DeliveryStream": (
        frozenset(
            {
                "DeliveryStreamType",
                "KinesisStreamSourceConfiguration",
                "ExtendedS3DestinationConfiguration",
                "RedshiftDestinationConfiguration",
            }
        ),
        frozenset({"Tags"}),
    ),
    "AWS::Scheduler::Schedule": (
        frozenset({"ScheduleExpression", "Target", "State"}),
        frozenset({"FlexibleTimeWindow", "Description", "KmsKeyArn", "Name"}),
    ),
    "AWS::RedshiftServerless::Namespace": (
        frozenset({"DbName"}),
        frozenset(
            {
                "AdminPasswordSecretKmsKeyId",
                "AdminUsername",
                "IamRoles",
                "KmsKeyId",
                "LogExports",
                "ManageAdminPassword",
                "NamespaceName",
                "Tags",
            }
        ),
    ),
    "AWS::RedshiftServerless::Workgroup": (
        frozenset({"NamespaceName"}),
        frozenset(
            {
                "BaseCapacity",
                "ConfigParameters",
                "EnhancedVpcRouting",
                "MaxCapacity",
                "PubliclyAccessible",
                "SecurityGroupIds",
                "SubnetIds",
                "Tags",
                "WorkgroupName",
            }
        ),
    ),
}
# What Metadata's Local may say of a resource.
LOCAL: Final = frozenset(
    {
        "Name",  # what it is called here
        "History",  # true: it is not part of the live path, and `--no-history` leaves it out
        "Trend",  # true: it belongs to the second consumer, and `--no-trend` leaves it out
        "ScheduleExpression",  # a rate of its own, such as one that AWS cannot run
        "ReservedConcurrentExecutions",  # of processes here: a desk has few cores
    }
)
