"""A template in, data that is not under the one key, or whose users may not use the key, out.

A missing grant of the key shows on AWS only, and late: votes wait, an alarm tells nobody.
"""

from collections.abc import Iterator, Mapping, Set
from typing import Any, Final

from infra.gates.drawn import Drawn, cases, targets
from infra.gates.finding import Finding

_EXPORTED: Final = "KeyArn"  # how the second template names the key
# Where each type says with which key its data is encrypted.
KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "AWS::Kinesis::Stream": ("StreamEncryption.KeyId",),
    "AWS::DynamoDB::Table": ("SSESpecification.KMSMasterKeyId",),
    "AWS::S3::Bucket": (
        "BucketEncryption.ServerSideEncryptionConfiguration"
        ".ServerSideEncryptionByDefault.KMSMasterKeyID",
    ),
    "AWS::SQS::Queue": ("KmsMasterKeyId",),
    "AWS::SNS::Topic": ("KmsMasterKeyId",),
    "AWS::Lambda::Function": ("KmsKeyArn",),
    "AWS::Logs::LogGroup": ("KmsKeyId",),
    "AWS::ECR::Repository": ("EncryptionConfiguration.KmsKey",),
    "AWS::RedshiftServerless::Namespace": ("KmsKeyId", "AdminPasswordSecretKmsKeyId"),
}
# What writes and what reads below a key, in its caller's name.
_ENCRYPTS: Final = frozenset(
    {"s3:PutObject", "kinesis:PutRecord", "kinesis:PutRecords", "sqs:SendMessage", "sns:Publish"}
)
_DECRYPTS: Final = frozenset(
    {"s3:GetObject", "kinesis:GetRecords", "sqs:SendMessage", "secretsmanager:GetSecretValue"}
)
# Services that use the key in their own name, and where they do.
_SERVICES: Final[Mapping[str, tuple[str, str, frozenset[str]]]] = {
    "AWS::Logs::LogGroup": (
        "logs.",
        "a log group",
        frozenset(
            {
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:DescribeKey",
            }
        ),
    ),
    "AWS::SNS::Topic": (
        "cloudwatch.",
        "alarms to an encrypted topic",
        frozenset({"kms:Decrypt", "kms:GenerateDataKey"}),
    ),
}


def key_actions(actions: Set[str], drawn: Drawn) -> frozenset[str]:
    """Return what a role needs of the key for its other actions; a function reads its settings."""
    found: set[str] = set()
    if actions & _ENCRYPTS:
        found.add("kms:GenerateDataKey")
    runs_here = "logs:PutLogEvents" in actions and "xray:PutTraceSegments" in actions
    if runs_here or actions & _DECRYPTS or any(each.startswith("dynamodb:") for each in actions):
        found.add("kms:Decrypt")
    return frozenset(found)


def check_encryption(drawn: Drawn) -> Iterator[Finding]:
    """Find data under no key or another one, and services that the key's policy leaves out."""
    for kind, paths in KEYS.items():
        for logical_id, properties in drawn.of_kind(kind):
            for path in paths:
                if not _is_the_key(_at(properties, path.split("."))):
                    yield _found(logical_id, f"{path} is not the stack's key")
    for logical_id, delivery in drawn.of_kind("AWS::KinesisFirehose::DeliveryStream"):
        for target in _s3_targets(delivery):
            path = "EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN"
            if not _is_the_key(_at(target, path.split("."))):
                yield _found(logical_id, f"{path} is not the stack's key")
    for logical_id, properties in drawn.of_kind("AWS::KMS::Key"):
        yield from _left_out(drawn, logical_id, properties["KeyPolicy"])


def _left_out(drawn: Drawn, key: str, policy: Mapping[str, Any]) -> Iterator[Finding]:
    allowed: dict[str, set[str]] = {}
    for statement in cases(policy["Statement"]):
        for service in cases(statement["Principal"].get("Service")):
            name = service.get("Fn::Sub", "") if isinstance(service, Mapping) else service
            if statement["Effect"] == "Allow":
                allowed.setdefault(str(name).partition(".")[0] + ".", set()).update(
                    cases(statement["Action"])
                )
    for kind, (service, what, actions) in _SERVICES.items():
        missing = sorted(actions - allowed.get(service, set()))
        if missing and any(drawn.of_kind(kind)):
            yield _found(key, f"its policy does not allow {service}* {missing[0]}, for {what}")


def _at(value: Any, path: list[str]) -> list[Any]:
    """Return what stands at a path, in every case; an empty list when some case has nothing."""
    if not path:
        return cases(value)
    found: list[Any] = []
    for case in cases(value):
        below = _at(case.get(path[0]), path[1:]) if isinstance(case, Mapping) else []
        if not below:
            return []
        found += below
    return found


def _is_the_key(values: list[Any]) -> bool:
    return bool(values) and all(
        targets(value) == {"Key"} or _EXPORTED in str(value) for value in values
    )


def _s3_targets(delivery: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("ExtendedS3DestinationConfiguration", "RedshiftDestinationConfiguration"):
        for destination in cases(delivery.get(name)):
            yield destination.get("S3Configuration", destination)
            if "S3BackupConfiguration" in destination:
                yield destination["S3BackupConfiguration"]


def _found(resource: str, message: str) -> Finding:
    return Finding("own", "encryption", resource, message)
