"""Each function's role against the calls that the function's own code makes: all of them, no more.

No linter sees a missing grant; it shows on AWS only. So the calls are read from the source.
"""

import ast
from pathlib import Path
from typing import Any

import pytest

from local.template.transform import transform
from tests.infra.test_gates import each_of

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "infra" / "template.yaml").read_text()
# How our code says it -> what IAM calls it. Members of a transaction need the single call's grant.
GRANTS = {
    "query": "dynamodb:Query",
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "delete_item": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "put_object": "s3:PutObject",
    "get_object": "s3:GetObject",
    "delete_object": "s3:DeleteObject",
    "list_objects_v2": "s3:ListBucket",
    "execute_statement": "redshift-data:ExecuteStatement",
    "batch_execute_statement": "redshift-data:BatchExecuteStatement",
    "describe_statement": "redshift-data:DescribeStatement",
    "invoke": "lambda:InvokeFunction",
    "get_statement_result": "redshift-data:GetStatementResult",
}
# What AWS does in the function's name: Lambda reads the stream, writes failures, logs and traces,
# the Data API logs in, S3 encrypts.
BY_AWS = {
    "TallyRole": {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:DescribeStreamConsumer",
        "kinesis:SubscribeToShard",
        "s3:ListBucket",
        "kms:GenerateDataKey",
    },
    "DispatchRole": {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "kinesis:DescribeStreamConsumer",
        "kinesis:SubscribeToShard",
        "s3:ListBucket",
        "kms:GenerateDataKey",
    },
    "TrendRole": {
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
        "sqs:SendMessage",
        "kms:GenerateDataKey",
    },
    "WorkerRole": {"s3:ListBucket", "kms:GenerateDataKey"},
    "RollupRole": set(),
    "TransformRole": set(),
    "LoadRole": {"redshift-serverless:GetCredentials", "kms:GenerateDataKey"},
    "CompareRole": {"redshift-serverless:GetCredentials"},
}
ALWAYS = {
    "kms:Decrypt",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
}
FUNCTIONS = {
    "TallyFunction": "TallyRole",
    "DispatchFunction": "DispatchRole",
    "WorkerFunction": "WorkerRole",
    "TrendFunction": "TrendRole",
    "RollupFunction": "RollupRole",
    "LoadFunction": "LoadRole",
    "CompareFunction": "CompareRole",
    "TransformFunction": "TransformRole",
}
CALL_NOTHING = {"TransformFunction"}
METRICS = {
    "ColourCube": {"MinutesDifferent", "MinutesBehind"},
    "AWS/Lambda": {
        "IteratorAge",
        "Errors",
        "Throttles",
        "Duration",
        "AsyncEventAge",
        "AsyncEventsDropped",
    },
    "AWS/Firehose": {"DeliveryToS3.DataFreshness", "DeliveryToS3.Success", "DeliveryToS3.Bytes"},
}


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    return dict(transform(SOURCE)["Resources"])


def modules_of(handler: str) -> set[str]:
    """Return the modules of the stage that a handler reaches."""
    found: set[str] = set()
    waiting = [handler.rpartition(".")[0]]
    while waiting:
        name = waiting.pop()
        path = ROOT / Path(*name.split(".")).with_suffix(".py")
        if name in found or not path.exists():
            continue
        found.add(name)
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                waiting += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def calls_of(handler: str) -> set[str]:
    """Return the grants that the calls and transaction members in a handler's modules need."""
    needed: set[str] = set()
    for name in modules_of(handler):
        path = ROOT / Path(*name.split(".")).with_suffix(".py")
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                needed.add(node.func.attr)
            elif isinstance(node, ast.Dict):
                needed |= {str(k.value) for k in node.keys if isinstance(k, ast.Constant)}
    return {GRANTS[word] for word in needed if word in GRANTS}


def granted(role: dict[str, Any]) -> set[str]:
    return {
        action
        for policy in role["Properties"]["Policies"]
        for statement in each_of(policy["PolicyDocument"]["Statement"])
        for action in statement["Action"]
    }


@pytest.mark.parametrize(("function", "role"), FUNCTIONS.items())
def test_a_role_grants_what_the_function_calls_and_no_more(
    resources: dict[str, Any], function: str, role: str
) -> None:
    properties = resources[function]["Properties"]
    assert properties["Role"] == {"Fn::GetAtt": [role, "Arn"]}
    needed = calls_of(properties["Handler"])
    assert bool(needed) != (function in CALL_NOTHING)
    assert granted(resources[role]) == needed | BY_AWS[role] | ALWAYS


def test_every_function_is_looked_at(resources: dict[str, Any]) -> None:
    drawn = {name for name, r in resources.items() if r["Type"] == "AWS::Lambda::Function"}
    assert drawn == set(FUNCTIONS)


def test_alarms_watch_metrics_that_exist(resources: dict[str, Any]) -> None:
    """A misspelt metric never alarms, and nothing else tells."""
    alarms = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::CloudWatch::Alarm"]
    assert alarms
    assert [a["MetricName"] for a in alarms if a["MetricName"] not in METRICS[a["Namespace"]]] == []
