"""The referee: ministack builds our template, runs our bundles, and votes come out as tallies.

Nobody of this project wrote ministack, so it reads template and bundles as they are. Aside are the
warehouse (it refuses Redshift Serverless; `Warehouse: none` leaves it out, as for a user who wants
no warehouse) and two alarms of metric math, which it says that it does not know. Its event source
mappings and Firehose are not AWS's (docs/aws.md): failures are not asked of it.
"""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from core import keys
from core.clock import SystemClock
from core.item import from_item
from core.poll import DEFAULT_PALETTE, PollRules
from core.tally import colours_of
from infra.bundle.bundle import Bundle, bundles
from infra.transform import transform
from local.bench.batches import PRODUCER, make_batches
from local.drawing import Drawing
from local.template.load import load
from producers.generate import Chunk, read_chunk
from tests.infra.ministack import Ministack
from tests.processes.desk import wait_until

ROOT: Final = Path(__file__).resolve().parents[2]
EVENTS: Final = ROOT / "tests" / "events"
UNKNOWN_THERE: Final = {"VotesAreParked", "HistoryIsLate"}  # alarms of metric math
pytestmark = [pytest.mark.slow, pytest.mark.processes, pytest.mark.timeout(300)]


class Stack(NamedTuple):
    """A deployed stack: its resources' physical names by logical id, and its outputs."""

    aws: Ministack
    names: dict[str, str]
    outputs: dict[str, str]
    template: dict[str, Any]

    def totals(self) -> Counter[str]:
        reply = self.aws.client("dynamodb").query(
            TableName=self.names["Tallies"],
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.poll_pk("cube")},
                ":sk": {"S": "total#"},
            },
        )
        return colours_of(from_item(item) for item in reply["Items"])

    def invoke(self, logical_id: str, event: dict[str, Any]) -> Any:
        reply = self.aws.client("lambda").invoke(
            FunctionName=self.names[logical_id], Payload=json.dumps(event).encode()
        )
        body = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, body
        return body


@pytest.fixture(scope="module")
def made() -> list[Bundle]:
    return list(bundles("here"))


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ministack]:
    aws = Ministack(tmp_path_factory.mktemp("ministack"))
    try:
        yield aws
    finally:
        aws.end()


@cache
def drawing() -> Drawing:
    return load(ROOT / "infra" / "template.yaml", {})


def packaged(made: list[Bundle], aws: Ministack) -> dict[str, Any]:
    """Return the transformed template with its bundles in a bucket there."""
    template = transform((ROOT / "infra" / "template.yaml").read_text())
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bundles")
    for bundle in made:
        s3.put_object(Bucket="bundles", Key=bundle.key, Body=bundle.data)
        code = {"S3Bucket": "bundles", "S3Key": bundle.key}
        template["Resources"][bundle.logical_id]["Properties"]["Code"] = code
    for name in UNKNOWN_THERE:
        assert "Metrics" in template["Resources"].pop(name)["Properties"]
    return template


@pytest.fixture(scope="module", params=["ordered", "fanout"])
def stack(request: pytest.FixtureRequest, made: list[Bundle], aws: Ministack) -> Stack:
    mode = request.param
    template = packaged(made, aws)
    body = json.dumps(template).encode()
    aws.client("s3").put_object(Bucket="bundles", Key=f"{mode}.json", Body=body)
    cloud = aws.client("cloudformation")
    cloud.create_stack(
        StackName=f"cube-{mode}",
        TemplateURL=f"{aws.endpoint}/bundles/{mode}.json",  # over the 51,200 bytes of a body
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": "Warehouse", "ParameterValue": "none"},
            {"ParameterKey": "ProcessingMode", "ParameterValue": mode},
        ],
    )

    def described() -> dict[str, Any]:
        found: dict[str, Any] = cloud.describe_stacks(StackName=f"cube-{mode}")["Stacks"][0]
        return found

    wait_until(lambda: not described()["StackStatus"].endswith("IN_PROGRESS"), "a stack is made")
    events = cloud.describe_stack_events(StackName=f"cube-{mode}")["StackEvents"]
    refused = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    assert described()["StackStatus"] == "CREATE_COMPLETE", refused
    resources = cloud.describe_stack_resources(StackName=f"cube-{mode}")["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described()["Outputs"]}
    rules = PollRules(poll="cube", version=1, effective_ms=0, palette=DEFAULT_PALETTE)
    aws.client("dynamodb").put_item(TableName=names["Tallies"], Item=rules.to_item())
    return Stack(aws, names, outputs, template)


def test_every_resource_without_a_condition_is_made(stack: Stack) -> None:
    wanted = {
        name
        for name, resource in stack.template["Resources"].items()
        if "Condition" not in resource
    }
    assert wanted <= set(stack.names)
    assert stack.outputs["StreamName"] == stack.names["Votes"]


def test_votes_through_its_stream_are_counted_by_our_bundles(stack: Stack) -> None:
    """Twice the same batches: the second time changes nothing."""
    batches = make_batches(2_000, now_ms=SystemClock().now_ms())
    cast = Counter(
        vote.colour
        for batch in batches
        for vote in read_chunk(Chunk(batch.lane, batch.data.partition(b"\n")[2], batch.votes))
    )
    records = [batch.to_entry(PRODUCER, 32) for batch in batches]
    kinesis = stack.aws.client("kinesis")
    for _ in range(2):
        reply = kinesis.put_records(StreamName=stack.outputs["StreamName"], Records=records)
        assert reply["FailedRecordCount"] == 0
    wait_until(lambda: stack.totals().total() >= cast.total(), "the votes are counted")
    assert stack.totals() == cast
    done = stack.aws.log().count('"event":"tally.batch_applied"')
    handed = stack.aws.log().count('"event":"worker.')
    assert done or handed, "our functions counted them"


def test_its_delivery_stream_is_read_as_the_engine_reads_it(stack: Stack) -> None:
    """It does not follow the stream when CloudFormation made it, so only its settings are asked."""
    described = stack.aws.client("firehose").describe_delivery_stream(
        DeliveryStreamName=stack.outputs["DeliveryStreamName"]
    )["DeliveryStreamDescription"]
    ours = drawing().deliveries[0]
    (there,) = (each["ExtendedS3DestinationDescription"] for each in described["Destinations"])
    assert (there["Prefix"], there["ErrorOutputPrefix"], there["CompressionFormat"]) == (
        ours.target.prefix,
        ours.target.error_prefix,
        ours.target.compression,
    )
    assert there["BufferingHints"]["SizeInMBs"] * 2**20 == ours.target.buffer.size_bytes
    assert there["BufferingHints"]["IntervalInSeconds"] * 1000 == ours.target.buffer.interval_ms
    assert there["S3BackupMode"] == "Enabled"


def test_its_mapping_is_read_as_the_engine_reads_it(stack: Stack) -> None:
    mapping = stack.aws.client("lambda").get_event_source_mapping(UUID=stack.names["TallyMapping"])
    (ours,) = (each for each in drawing().mappings if each.logical_id == "TallyMapping")
    assert mapping["BatchSize"] == ours.batch_size
    assert mapping["ParallelizationFactor"] == ours.parallelization_factor
    assert mapping["BisectBatchOnFunctionError"] == ours.bisect
    assert (mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]) == (
        ours.report_item_failures
    )


def test_packaged_functions_answer_golden_events(stack: Stack) -> None:
    event = json.loads((EVENTS / "firehose_event.json").read_text())
    answer = stack.invoke("TransformFunction", event)
    assert {record["result"] for record in answer["records"]} == {"Ok"}
    assert set(stack.invoke("RollupFunction", {})), "the rollup says what it moved"
