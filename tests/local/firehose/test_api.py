"""Firehose's control API over the wire, by boto3: what is drawn is described, puts are refused."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from core.clock import ManualClock
from local.firehose import FirehoseService
from local.wire import build_app
from tests.local.firehose.desk import COPY, NOW_MS, SPEC
from tests.local.wire.running import credentials, running

REDSHIFT = replace(
    SPEC,
    name="to-redshift",
    copy=COPY,
    transform=None,
    backup=None,
    target=replace(SPEC.target, prefix=None, error_prefix=None),
)


@pytest.fixture(scope="module")
def firehose() -> Iterator[Any]:
    service = FirehoseService([SPEC, REDSHIFT], ManualClock(NOW_MS))
    with running(build_app({"firehose": service})) as url:
        yield boto3.client("firehose", endpoint_url=url, **credentials())  # noqa: TID251 - a test's client


def test_what_is_drawn_is_listed(firehose: Any) -> None:
    reply = firehose.list_delivery_streams()
    assert reply["DeliveryStreamNames"] == ["to-redshift", "votes-to-lake"]
    assert not reply["HasMoreDeliveryStreams"]
    first = firehose.list_delivery_streams(Limit=1)
    assert (first["DeliveryStreamNames"], first["HasMoreDeliveryStreams"]) == (
        ["to-redshift"],
        True,
    )
    rest = firehose.list_delivery_streams(ExclusiveStartDeliveryStreamName="to-redshift")
    assert rest["DeliveryStreamNames"] == ["votes-to-lake"]
    direct = firehose.list_delivery_streams(DeliveryStreamType="DirectPut")
    assert direct["DeliveryStreamNames"] == []


def test_a_description_shows_the_numbers_of_the_template(firehose: Any) -> None:
    """C2, C15: parameters of processors are strings."""
    reply = firehose.describe_delivery_stream(DeliveryStreamName="votes-to-lake")
    described = reply["DeliveryStreamDescription"]
    assert described["DeliveryStreamStatus"] == "ACTIVE"
    source = described["Source"]["KinesisStreamSourceDescription"]
    assert source["KinesisStreamARN"].endswith(":stream/votes")
    assert source["DeliveryStartTimestamp"].timestamp() == NOW_MS / 1_000
    (destination,) = described["Destinations"]
    extended = destination["ExtendedS3DestinationDescription"]
    assert extended["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 5}
    assert extended["Prefix"] == SPEC.target.prefix
    assert extended["S3BackupDescription"]["CompressionFormat"] == "GZIP"
    (processor,) = extended["ProcessingConfiguration"]["Processors"]
    parameters = {p["ParameterName"]: p["ParameterValue"] for p in processor["Parameters"]}
    assert parameters["BufferSizeInMBs"] == "1"
    assert parameters["BufferIntervalInSeconds"] == "3"
    assert parameters["LambdaArn"].endswith(":function:transform:$LATEST")


def test_a_redshift_destination_is_described(firehose: Any) -> None:
    reply = firehose.describe_delivery_stream(DeliveryStreamName="to-redshift")
    (destination,) = reply["DeliveryStreamDescription"]["Destinations"]
    redshift = destination["RedshiftDestinationDescription"]
    assert redshift["CopyCommand"]["DataTableName"] == "landing"
    assert redshift["RetryOptions"] == {"DurationInSeconds": 3_600}
    assert redshift["S3BackupMode"] == "Disabled"
    assert not redshift["ProcessingConfiguration"]["Enabled"]


def test_puts_are_refused_for_records_come_from_the_stream(firehose: Any) -> None:
    """C1."""
    record = {"Data": b"a"}
    with pytest.raises(firehose.exceptions.InvalidArgumentException, match="KinesisStreamAsSource"):
        firehose.put_record(DeliveryStreamName="votes-to-lake", Record=record)
    with pytest.raises(firehose.exceptions.InvalidArgumentException, match="KinesisStreamAsSource"):
        firehose.put_record_batch(DeliveryStreamName="votes-to-lake", Records=[record])


def test_strangers_and_calls_that_are_not_offered_are_named(firehose: Any) -> None:
    with pytest.raises(firehose.exceptions.ResourceNotFoundException, match="Firehose nobody"):
        firehose.describe_delivery_stream(DeliveryStreamName="nobody")
    with pytest.raises(firehose.exceptions.ResourceNotFoundException, match="Firehose nobody"):
        firehose.put_record(DeliveryStreamName="nobody", Record={"Data": b"a"})
    with pytest.raises(firehose.exceptions.ClientError, match="DeleteDeliveryStream is not impl"):
        firehose.delete_delivery_stream(DeliveryStreamName="votes-to-lake")
