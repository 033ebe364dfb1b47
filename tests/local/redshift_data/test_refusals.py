"""What the Data API refuses: AWS's error names, each one of those its own model lists."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.redshift_data.limits import ACTIVE_STATEMENTS_MAX, STATEMENT_BYTES_MAX
from local.wire.service_model import service_model
from tests.local.redshift_data.desk import WHERE, ScriptedWarehouse, over

MISSING = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


def refusal(client: Any, operation: str, **request: Any) -> tuple[str, str]:
    """Return the error's name, which the operation's model must list, and its message."""
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**request)
    error = refused.value.response["Error"]
    model = service_model("redshift-data").operation_model(refused.value.operation_name)
    assert error["Code"] in {shape.name for shape in model.error_shapes}
    return error["Code"], error["Message"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"WorkgroupName": None}, "WorkgroupName is required"),
        ({"Database": None}, "Database is required"),
        ({"WorkgroupName": "other"}, "there is no workgroup other"),
        ({"Sql": " \n"}, "is empty"),
        ({"Sql": "x" * (STATEMENT_BYTES_MAX + 1)}, "is larger than 102400 bytes"),
        ({"ClusterIdentifier": "c"}, "redshift-data has no ClusterIdentifier"),
        ({"SessionId": MISSING}, "redshift-data has no SessionId"),
        ({"SessionKeepAliveSeconds": 5}, "redshift-data has no SessionKeepAliveSeconds"),
        ({"WithEvent": True}, "redshift-data has no WithEvent"),
        ({"ResultFormat": "CSV"}, "redshift-data has no ResultFormat"),
        ({"WaitTimeSeconds": 5}, "redshift-data has no WaitTimeSeconds"),
        ({"ClientToken": "t" * 65}, "length less than or equal to 64"),
        ({"Parameters": [{"name": "a", "value": "1"}]}, "unused parameters: a"),
        ({"Parameters": [{"name": "a b", "value": "1"}]}, "regular expression pattern"),
        ({"Parameters": [{"name": "a", "value": "1"}] * 2}, "duplicate names"),
        ({"Sql": "select :b"} | {"Parameters": [{"name": "a", "value": "1"}]}, "not contain b"),
    ],
)
def test_a_request_that_cannot_be_run_is_refused_by_name(
    client: Any, warehouse: ScriptedWarehouse, changes: dict[str, Any], said: str
) -> None:
    """E13: 100 KB a statement."""
    request = {"Sql": "select 1", **WHERE, **changes}
    given = {name: value for name, value in request.items() if value is not None}
    code, message = refusal(client, "execute_statement", **given)
    assert code == "ValidationException"
    assert said in message
    assert warehouse.said == []


def test_what_is_said_and_true_anyway_is_taken(client: Any) -> None:
    more = {"WithEvent": False, "ResultFormat": "JSON", "SecretArn": "s", "StatementName": "n"}
    reply = client.execute_statement(Sql="select 1", **more, **WHERE)
    described = over(client, reply["Id"])
    assert (described["Status"], described["SecretArn"]) == ("FINISHED", "s")


def test_a_batch_has_forty_statements_at_most(client: Any) -> None:
    """E13"""
    code, _ = refusal(client, "batch_execute_statement", Sqls=["select 1"] * 41, **WHERE)
    assert code == "ValidationException"
    asked = {"Sqls": ["select 1"], "ExecutionMode": "AUTO_COMMIT"}
    _, message = refusal(client, "batch_execute_statement", **asked, **WHERE)
    assert "has no ExecutionMode AUTO_COMMIT" in message
    done = client.batch_execute_statement(Sqls=["select 1"] * 40, **WHERE)
    assert len(over(client, done["Id"])["SubStatements"]) == 40


def test_two_hundred_statements_may_be_active(client: Any, warehouse: ScriptedWarehouse) -> None:
    """E13"""
    ids = [client.execute_statement(Sql="wait", **WHERE)["Id"] for _ in range(200)]
    code, _ = refusal(client, "execute_statement", Sql="wait", **WHERE)
    assert (code, ACTIVE_STATEMENTS_MAX) == ("ActiveStatementsExceededException", 200)
    warehouse.gate.set()
    assert {over(client, each)["Status"] for each in ids} == {"FINISHED"}
    client.execute_statement(Sql="wait", **WHERE)


@pytest.mark.parametrize(
    "operation", ["describe_statement", "get_statement_result", "cancel_statement"]
)
def test_a_statement_that_is_not_there_is_not_found(client: Any, operation: str) -> None:
    batch = client.batch_execute_statement(Sqls=["select 1"], **WHERE)["Id"]
    single = client.execute_statement(Sql="select 1", **WHERE)["Id"]
    for statement_id in (MISSING, f"{batch}:2", f"{batch}:0", f"{single}:1"):
        code, message = refusal(client, operation, Id=statement_id)
        assert (code, message) == ("ResourceNotFoundException", "Query does not exist.")
    code, _ = refusal(client, operation, Id="no-uuid")
    assert code == "ValidationException"


def test_rows_are_refused_until_there_are_some(client: Any, warehouse: ScriptedWarehouse) -> None:
    running = client.execute_statement(Sql="wait", **WHERE)["Id"]
    batch = client.batch_execute_statement(Sqls=["insert"], **WHERE)["Id"]
    over(client, batch)
    for statement_id in (running, batch, f"{batch}:1"):
        code, message = refusal(client, "get_statement_result", Id=statement_id)
        assert code == "ResourceNotFoundException"
        assert "check query status with DescribeStatement" in message


def test_operations_that_are_not_there_are_refused_by_name(client: Any) -> None:
    with pytest.raises(ClientError, match=r"engine: redshift-data\.ListStatements is not impl"):
        client.list_statements()
    with pytest.raises(ClientError, match=r"redshift-data\.GetStatementResultV2 is not impl"):
        client.get_statement_result_v2(Id=MISSING)
