"""The delivery stream's gates: both destinations are one way, and its role fits where it leads."""

from pathlib import Path
from typing import Any

import pytest

from infra.transform import transform

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "infra" / "template.yaml").read_text()


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return dict(transform(SOURCE)["Resources"])


def destinations(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what HistoryLoad chooses between: S3 alone, and Redshift."""
    properties = resources["VotesToLake"]["Properties"]
    _, nothing, extended = properties["ExtendedS3DestinationConfiguration"]["Fn::If"]
    condition, redshift, no_other = properties["RedshiftDestinationConfiguration"]["Fn::If"]
    assert (condition, nothing, no_other) == (
        "FirehoseLoads",
        {"Ref": "AWS::NoValue"},
        {"Ref": "AWS::NoValue"},
    )
    return [extended, redshift]


def s3_targets(destination: dict[str, Any]) -> list[dict[str, Any]]:
    return [destination.get("S3Configuration", destination), destination["S3BackupConfiguration"]]


def test_both_destinations_transform_and_back_up_alike(resources: dict[str, Any]) -> None:
    extended, redshift = destinations(resources)
    for name in ("ProcessingConfiguration", "S3BackupMode", "S3BackupConfiguration"):
        assert extended[name] == redshift[name]
    (rows, _), (copied, _) = map(s3_targets, (extended, redshift))
    for name in ("BucketARN", "BufferingHints", "CompressionFormat", "EncryptionConfiguration"):
        assert rows[name] == copied[name]


def test_every_object_is_encrypted_and_every_way_is_logged(resources: dict[str, Any]) -> None:
    for destination in destinations(resources):
        for target in s3_targets(destination):
            key = target["EncryptionConfiguration"]["KMSEncryptionConfig"]["AWSKMSKeyARN"]
            assert key == {"Fn::GetAtt": ["Key", "Arn"]}
            assert target["CloudWatchLoggingOptions"]["Enabled"] is True


def statements(resources: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    found = []
    for name in names:
        properties = resources[name]["Properties"]
        policies = properties.get("Policies", [properties])
        found += [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]
    return found


def folders(resources: dict[str, Any], *names: str) -> set[str]:
    """Return the prefixes of the lake that roles may put objects below."""
    found: set[str] = set()
    for statement in statements(resources, *names):
        if "s3:PutObject" in statement["Action"]:
            given = statement["Resource"]
            texts = [r["Fn::Sub"] for r in (given if isinstance(given, list) else [given])]
            found.update(text.removeprefix("${CubeLake.Arn}/").removesuffix("*") for text in texts)
    return found


def test_the_role_may_write_where_the_prefixes_lead_and_nowhere_else(
    resources: dict[str, Any],
) -> None:
    """A missing grant shows on AWS only: there the stream would wait, with nobody told."""
    extended, redshift = destinations(resources)
    for destination, roles in (
        (extended, ["DeliveryRole"]),
        (redshift, ["DeliveryRole", "DeliveryCopies"]),
    ):
        prefixes = [
            target.get(name, "")
            for target in s3_targets(destination)
            for name in ("Prefix", "ErrorOutputPrefix")
        ]
        used = {prefix.partition("/")[0] + "/" for prefix in prefixes if prefix}
        if destination is redshift:  # C52: its manifests, and those that it gives up
            used |= {"manifests/", "errors/"}
        assert folders(resources, *roles) == used
    assert resources["DeliveryCopies"]["Condition"] == "FirehoseLoads"


def test_the_role_reads_the_stream_and_calls_the_function(resources: dict[str, Any]) -> None:
    actions = {a for s in statements(resources, "DeliveryRole") for a in s["Action"]}
    assert actions == {
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
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:PutLogEvents",
    }


def test_a_function_answers_within_the_time_that_firehose_gives_it(
    resources: dict[str, Any],
) -> None:
    """C17: five minutes."""
    assert resources["TransformFunction"]["Properties"]["Timeout"] <= 300
