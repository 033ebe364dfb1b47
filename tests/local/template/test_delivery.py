"""The delivery stream of the drawing: every number comes from the template, strangers are named."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Misconfigured
from local.drawing import BufferHints, CopySpec, DeliverySpec, S3Target, TransformSpec
from local.template import load
from tests.local.template.delivery_properties import processor, properties, read, redshift

TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / "template.yaml"
MIB = 1024 * 1024


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
