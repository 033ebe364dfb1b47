"""A template's roles in, every grant that is missing, or that nothing needs, out.

What a role needs follows from three things: the calls in the code that runs with it, the wires of
the drawing (a mapping reads the stream in its function's name), and for AWS's own programs a table.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from infra.gates.calls import actions_of
from infra.gates.drawn import Drawn, Properties, cases, targets
from infra.gates.encryption import key_actions
from infra.gates.finding import Finding
from infra.gates.policy import granted, grants

_LOG: Final = frozenset({"logs:CreateLogStream", "logs:PutLogEvents"})
_TRACE: Final = frozenset({"xray:PutTraceSegments", "xray:PutTelemetryRecords"})
_READ_STREAM: Final = frozenset(
    {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    }
)
_BE_PUSHED: Final = frozenset({"kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"})
_FAIL_TO: Final[Mapping[str, frozenset[str]]] = {
    "AWS::S3::Bucket": frozenset({"s3:PutObject", "s3:ListBucket"}),
    "AWS::SQS::Queue": frozenset({"sqs:SendMessage"}),
    "AWS::SNS::Topic": frozenset({"sns:Publish"}),
}
# Programs of AWS's own, by what uses the role: their manuals say what they call.
_FIREHOSE: Final = frozenset(  # Firehose's guide, "Controlling access"; its key actions as below
    {
        "kinesis:DescribeStream",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "s3:AbortMultipartUpload",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:PutObject",
        "lambda:GetFunctionConfiguration",
        "lambda:InvokeFunction",
        "logs:PutLogEvents",
    }
)
_COPY: Final = frozenset({"s3:GetObject", "s3:ListBucket"})  # Redshift's guide, "COPY permissions"
_ECS: Final = frozenset(  # ECS's guide, "Task execution role"
    {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    }
)
# Which resource an action is about: a grant on another one never applies.
_ABOUT: Final[Mapping[str, str]] = {
    "AWS::KMS::Key": "kms",
    "AWS::Kinesis::Stream": "kinesis",
    "AWS::Kinesis::StreamConsumer": "kinesis",
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::S3::Bucket": "s3",
    "AWS::SQS::Queue": "sqs",
    "AWS::SNS::Topic": "sns",
    "AWS::Lambda::Function": "lambda",
    "AWS::Logs::LogGroup": "logs",
    "AWS::ECR::Repository": "ecr",
    "AWS::RedshiftServerless::Workgroup": "redshift",
}


def check_roles(drawn: Drawn) -> Iterator[Finding]:
    """Compare what each role is granted with what it needs; find grants that cannot apply."""
    has = granted(drawn)
    needs = needed(drawn)
    for role, actions in has.items():
        if role not in needs:
            yield Finding("own", "role", role, "nothing uses it, or no rule knows what does")
            continue
        wanted = needs[role] | key_actions(needs[role], drawn)
        for action in sorted(wanted - actions):
            yield Finding("own", "role", role, f"lacks {action}")
        for action in sorted(actions - wanted):
            yield Finding("own", "role", role, f"does not need {action}")
    for grant in grants(drawn):
        for logical_id in targets(list(grant.resources)):
            about = _ABOUT.get(drawn.kind(logical_id))
            if about is not None and not grant.action.startswith(about):
                yield Finding("own", "role", grant.role, f"{grant.action} is not for {logical_id}")


def needed(drawn: Drawn) -> dict[str, set[str]]:
    """Return what every role needs, the key's actions aside."""
    found: dict[str, set[str]] = {}

    def need(roles: Any, actions: Iterator[str] | frozenset[str] | set[str]) -> None:
        for role in targets(roles):
            found.setdefault(role, set()).update(actions)

    for name, function in drawn.of_kind("AWS::Lambda::Function"):
        need(function["Role"], _of_function(drawn, name, function))
    for _, schedule in drawn.of_kind("AWS::Scheduler::Schedule"):
        target = schedule["Target"]
        need(target["RoleArn"], {"lambda:InvokeFunction"})
        need(target["RoleArn"], _failing(drawn, target.get("DeadLetterConfig")))
    for _, delivery in drawn.of_kind("AWS::KinesisFirehose::DeliveryStream"):
        role = delivery["KinesisStreamSourceConfiguration"]["RoleARN"]
        need(role, _FIREHOSE)
        for redshift in cases(delivery.get("RedshiftDestinationConfiguration")):
            if redshift.get("SecretsManagerConfiguration"):
                need(role, {"secretsmanager:GetSecretValue"})
    for _, namespace in drawn.of_kind("AWS::RedshiftServerless::Namespace"):
        need(namespace["IamRoles"], _COPY)
    for _, task in drawn.of_kind("AWS::ECS::TaskDefinition"):
        need(task["ExecutionRoleArn"], _ECS | _LOG)
        need(task["TaskRoleArn"], _by_code("dashboard.__main__"))
    return found


def _of_function(drawn: Drawn, name: str, function: Properties) -> set[str]:
    found = _LOG | _by_code(function["Handler"].rpartition(".")[0])
    if function.get("TracingConfig", {}).get("Mode") == "Active":
        found |= _TRACE
    for _, mapping in drawn.of_kind("AWS::Lambda::EventSourceMapping"):
        if name in targets(mapping["FunctionName"]):
            found |= _READ_STREAM | _failing(drawn, mapping.get("DestinationConfig"))
            sources = {drawn.kind(source) for source in targets(mapping["EventSourceArn"])}
            found |= _BE_PUSHED if "AWS::Kinesis::StreamConsumer" in sources else frozenset()
    for _, config in drawn.of_kind("AWS::Lambda::EventInvokeConfig"):
        if name in targets(config["FunctionName"]):
            found |= _failing(drawn, config.get("DestinationConfig"))
    return set(found)


def _by_code(module: str) -> frozenset[str]:
    found = actions_of(module)
    if any(action.startswith("redshift-data:") for action in found):
        found |= {"redshift-serverless:GetCredentials"}  # the Data API logs in in its caller's name
    return found


def _failing(drawn: Drawn, destination: Any) -> frozenset[str]:
    kinds = [drawn.kind(target) for target in targets(destination)]
    return frozenset().union(*(_FAIL_TO.get(kind, frozenset()) for kind in kinds))
