"""The delivery stream of the drawing: every number comes from the template, strangers are named."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import Misconfigured
from local.drawing import BufferHints, CopySpec, DeliverySpec, S3Target, TransformSpec
from local.template import load
from local.template.delivery import read_delivery
from local.template.intrinsics import Resolver

TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / "template.yaml"
MIB = 1024 * 1024
BUCKET = "arn:aws:s3:::cube-lake"
ROLE = "arn:aws:iam::000000000000:role/x"


def s3(**more: Any) -> dict[str, Any]:
    return {"BucketARN": BUCKET, "RoleARN": ROLE, **more}


def processor(**parameters: Any) -> dict[str, Any]:
    given = {"LambdaArn": "arn:aws:lambda:us-east-1:000000000000:function:transform", **parameters}
    pairs = [{"ParameterName": name, "ParameterValue": value} for name, value in given.items()]
    return {"Enabled": True, "Processors": [{"Type": "Lambda", "Parameters": pairs}]}


def properties(**extended: Any) -> dict[str, Any]:
    return {
        "DeliveryStreamType": "KinesisStreamAsSource",
        "KinesisStreamSourceConfiguration": {
            "KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/votes",
            "RoleARN": ROLE,
        },
        "ExtendedS3DestinationConfiguration": s3(**extended),
    }


def redshift(**more: Any) -> dict[str, Any]:
    given = properties()
    del given["ExtendedS3DestinationConfiguration"]
    given["RedshiftDestinationConfiguration"] = {
        "ClusterJDBCURL": "jdbc:redshift://x.redshift-serverless.amazonaws.com:5439/votes",
        "RoleARN": ROLE,
        "CopyCommand": {"DataTableName": "landing"},
        "S3Configuration": s3(),
        **more,
    }
    return given


def read(values: dict[str, Any]) -> DeliverySpec:
    return read_delivery("Lake", "lake", values)


def test_the_template_draws_the_way_to_the_lake() -> None:
    (delivery,) = load(TEMPLATE, {}).deliveries
    fast = BufferHints(size_bytes=64 * MIB, interval_ms=5_000)
    assert delivery == DeliverySpec(
        logical_id="VotesToLake",
        name="votes-to-lake",
        stream_name="votes",
        target=S3Target(
            bucket="cube-lake",
            prefix="votes/!{timestamp:yyyy/MM/dd/HH}/",
            error_prefix="errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
            buffer=fast,
            compression="GZIP",
        ),
        transform=TransformSpec(
            function_name="transform",
            buffer=BufferHints(size_bytes=MIB, interval_ms=3_000),
            retries_max=3,
        ),
        backup=S3Target(
            bucket="cube-lake",
            prefix="backup/!{timestamp:yyyy/MM/dd/HH}/",
            error_prefix="errors/backup/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd/HH}/",
            buffer=replace(fast, interval_ms=60_000),
            compression="GZIP",
        ),
    )


def test_with_history_load_firehose_it_copies_itself() -> None:
    """C48, C56: one parameter changes the destination; transform and backup stay as they are."""
    (scheduled,) = load(TEMPLATE, {}).deliveries
    (delivery,) = load(TEMPLATE, {"HistoryLoad": "firehose"}).deliveries
    assert (delivery.transform, delivery.backup) == (scheduled.transform, scheduled.backup)
    assert delivery.target == replace(scheduled.target, prefix="votes/", error_prefix=None)
    assert delivery.copy == CopySpec(
        database="votes",
        role_arn="arn:aws:iam::000000000000:role/deliveryrole",
        table="landing",
        options="JSON 'auto' GZIP TIMEFORMAT 'epochmillisecs'",
        retry_ms=3_600_000,
    )
    ignored = load(TEMPLATE, {}).ignored
    assert ignored["DeliveryCopies"] == "its condition FirehoseLoads is not met"


def test_the_live_path_has_no_delivery() -> None:
    assert load(TEMPLATE, {}, history=False).deliveries == ()


def test_what_is_not_given_is_as_aws_has_it() -> None:
    """C9, C15, C35, C51."""
    spec = read(properties(ProcessingConfiguration=processor()))
    assert spec.target.buffer == BufferHints(size_bytes=5 * MIB, interval_ms=300_000)
    assert spec.target.compression == "UNCOMPRESSED"
    assert spec.transform is not None
    assert spec.transform.buffer == BufferHints(size_bytes=MIB, interval_ms=60_000)
    assert spec.transform.retries_max == 3
    assert (spec.backup, spec.copy) == (None, None)
    copies = read(redshift()).copy
    assert copies is not None
    assert copies.retry_ms == 3_600_000


def test_a_processor_that_is_switched_off_is_none() -> None:
    assert (
        read(properties(ProcessingConfiguration=processor() | {"Enabled": False})).transform is None
    )
    assert read(properties(ProcessingConfiguration={"Enabled": False})).transform is None


def test_a_function_may_be_named_with_its_version() -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:transform:$LATEST"
    spec = read(properties(ProcessingConfiguration=processor(LambdaArn=arn)))
    assert spec.transform is not None
    assert spec.transform.function_name == "transform"


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        properties() | {"DeliveryStreamType": "DirectPut"},
        "runs KinesisStreamAsSource, not DirectPut",
    ),
    (properties(CompressionFormat="Snappy"), "CompressionFormat: the local engine has no Snappy"),
    (properties(CompressionFormat="ZIP"), "CompressionFormat: the local engine has no ZIP"),
    (properties(CompressionFormat="gzip"), "CompressionFormat: the local engine has no gzip"),
    (properties(DynamicPartitioningConfiguration={}), "no DynamicPartitioningConfiguration"),
    (properties(DataFormatConversionConfiguration={}), "no DataFormatConversionConfiguration"),
    (properties(FileExtension=".x"), "no FileExtension"),
    (properties(CustomTimeZone="x"), "no CustomTimeZone"),
    (properties(BufferingHints={"SizeInMBs": 5}), "SizeInMBs and IntervalInSeconds, or neither"),
    (
        properties(BufferingHints={"SizeInMBs": 129, "IntervalInSeconds": 60}),
        "BufferingHints: SizeInMBs is 1 to 128",
    ),
    (
        properties(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 901}),
        "BufferingHints: IntervalInSeconds is 0 to 900",
    ),
    (
        properties(BufferingHints={"SizeInMBs": "many", "IntervalInSeconds": 1}),
        "SizeInMBs is a whole number",
    ),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs="3.1")), "SizeInMBs is 0.2 to 3"),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs="0.1")), "SizeInMBs is 0.2 to 3"),
    (properties(ProcessingConfiguration=processor(BufferSizeInMBs=1)), "is a string, not 1"),
    (
        properties(ProcessingConfiguration=processor(BufferIntervalInSeconds="901")),
        "BufferIntervalInSeconds is 0 to 900",
    ),
    (properties(ProcessingConfiguration=processor(NumberOfRetries="-1")), "NumberOfRetries is 0"),
    (
        properties(ProcessingConfiguration=processor(SchemaName="x")),
        "Processors: the .* no SchemaName",
    ),
    (
        properties(
            ProcessingConfiguration={
                "Enabled": True,
                "Processors": [{"Type": "AppendDelimiterToRecord"}],
            }
        ),
        "no AppendDelimiterToRecord",
    ),
    (
        properties(ProcessingConfiguration={"Processors": processor()["Processors"] * 2}),
        "one Lambda processor",
    ),
    (properties(Prefix="a/!{timestamp:yyyy}/"), "needs an ErrorOutputPrefix"),
    (
        properties(Prefix="a/!{firehose:error-output-type}/", ErrorOutputPrefix="e/"),
        "Prefix must not have",
    ),
    (
        properties(Prefix="a/", ErrorOutputPrefix="e/!{timestamp:yyyy}/"),
        "ErrorOutputPrefix must have",
    ),
    (properties(Prefix="x" * 513), "Prefix has over 512"),
    (
        properties(Prefix="!{partitionKeyFromQuery:x}", ErrorOutputPrefix="e/"),
        "no dynamic partitioning",
    ),
    (properties(S3BackupMode="Enabled", S3BackupConfiguration=s3()), "a backup needs a transform"),
    (properties(S3BackupMode="Sometimes"), "S3BackupMode is Enabled or Disabled"),
    (
        properties(
            ProcessingConfiguration=processor(),
            S3BackupMode="Enabled",
            S3BackupConfiguration=s3(BufferingHints={"SizeInMBs": 1, "IntervalInSeconds": 59}),
        ),
        "the backup's BufferingHints: IntervalInSeconds is 60 to 900",
    ),
    (redshift() | properties(), "Exactly one destination configuration is supported"),
    (
        {k: v for k, v in properties().items() if "Extended" not in k},
        "Exactly one destination configuration is supported",
    ),
    (redshift(ClusterJDBCURL="redshift://x"), "ClusterJDBCURL has the form"),
    (
        redshift(S3Configuration=s3(Prefix="a/!{timestamp:yyyy}/", ErrorOutputPrefix="e/")),
        "with Redshift, Prefix has no expressions",
    ),
    (redshift(S3Configuration=s3(ErrorOutputPrefix="e/")), "with Redshift, Prefix has no expr"),
    (redshift(S3Configuration=s3(CompressionFormat="GZIP")), "CopyOptions say GZIP"),
    (
        redshift(CopyCommand={"DataTableName": "t", "CopyOptions": "JSON 'auto' gzip"}),
        "CopyOptions say GZIP",
    ),
    (redshift(RetryOptions={"DurationInSeconds": 7_201}), "DurationInSeconds is 0 to 7200"),
    (redshift(ClusterName="x"), "no ClusterName"),
]


@pytest.mark.parametrize(("values", "said"), REFUSED, ids=[said for _, said in REFUSED])
def test_what_aws_or_the_engine_would_not_run_is_named(values: dict[str, Any], said: str) -> None:
    """C9, C10, C15, C27, C33, C35, C42, C43, C51, C57."""
    with pytest.raises((Misconfigured, ValueError), match=said):
        read(values)


def test_ends_that_are_not_drawn_are_named(tmp_path: Path) -> None:
    source = TEMPLATE.read_text()
    path = tmp_path / "template.yaml"
    for old, new, said in (
        (
            "KinesisStreamARN: !GetAtt Votes.Arn",
            "KinesisStreamARN: a/x",
            "KinesisStreamARN leads to x",
        ),
        ("BucketARN: !GetAtt CubeLake.Arn", "BucketARN: arn:aws:s3:::x", "BucketARN leads to x"),
        (
            "ParameterValue: !GetAtt TransformFunction.Arn",
            "ParameterValue: a:x",
            "LambdaArn leads to x",
        ),
    ):
        assert old in source
        path.write_text(source.replace(old, new, 1))
        with pytest.raises(Misconfigured, match=f"VotesToLake: {said}"):
            load(path, {})


# --- conditions ---


def resolver(**conditions: Any) -> Resolver:
    template = {
        "Resources": {"R": {"Type": "AWS::S3::Bucket"}},
        "Parameters": {"Mode": {"Type": "String", "Default": "on"}},
        "Conditions": {
            "On": {"Fn::Equals": [{"Ref": "Mode"}, "on"]},
            "Off": {"Fn::Not": [{"Condition": "On"}]},
            **conditions,
        },
    }
    return Resolver(template, {})


@pytest.mark.parametrize(
    ("rule", "met"),
    [
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::And": [{"Condition": "On"}, {"Condition": "Off"}]}, False),
        ({"Fn::Or": [{"Condition": "On"}, {"Condition": "Off"}]}, True),
        ({"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, True),
    ],
)
def test_conditions_are_met_or_not(rule: dict[str, Any], met: bool) -> None:
    found = resolver(Rule=rule)
    assert found.resolve({"Fn::If": ["Rule", "yes", "no"]}) == ("yes" if met else "no")
    assert found.exists({"Condition": "Rule"}) == met
    assert found.exists({})


def test_a_branch_may_take_a_property_away() -> None:
    nothing = {"Ref": "AWS::NoValue"}
    value = {
        "kept": {"Fn::If": ["On", {"Ref": "Mode"}, nothing]},
        "gone": {"Fn::If": ["Off", 1, nothing]},
        "list": [{"Fn::If": ["Off", 1, nothing]}, {"Fn::If": ["Off", nothing, 2]}],
        "deep": {"Fn::If": ["On", {"Fn::If": ["Off", 1, {"a": nothing, "b": 3}]}, 2]},
    }
    assert resolver().resolve(value) == {"kept": "on", "list": [2], "deep": {"b": 3}}


def test_a_condition_that_is_not_there_or_not_run_is_named() -> None:
    with pytest.raises(Misconfigured, match="no condition is called 'Else'"):
        resolver().resolve({"Fn::If": ["Else", 1, 2]})
    with pytest.raises(Misconfigured, match="has no Fn::Contains in conditions"):
        resolver(Rule={"Fn::Contains": []}).resolve({"Fn::If": ["Rule", 1, 2]})
