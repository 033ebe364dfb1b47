"""Deployment's pure parts: changes in words, templates, artefacts, the schema, a stack's names."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from core.errors import ServiceRefused, StackUnknown, StatementFailed, UsageError
from core.sql_text import statements_of
from infra.bundle.bundle import Bundle
from infra.deploy.artifacts import Artifacts
from infra.deploy.change_set import changes_of
from infra.deploy.package import package, template_object, without_outputs_of
from infra.deploy.schema import ROLES, SQL, Schema, schema_files
from infra.deploy.stack import Stack
from local.cloud import check_command, environment_of, needs_consent

REGION: Final = "eu-west-1"
OUTPUTS: Final = {
    "Stage": "prod",
    "StreamName": "cube-Votes-1",
    "TallyTable": "cube-Tallies-1",
    "LakeBucket": "cube-lake-1",
    "CountingFunction": "cube-Tally-1",
    "WarehouseWorkgroup": "cube-1",
    "WarehouseDatabase": "votes",
    "CopyRoleArn": "arn:aws:iam::1:role/copy",
}
BUNDLE: Final = Bundle(
    logical_id="TallyFunction", handler="a.b.c", data=b"zip", sha256="f" * 64, files=1, packages=()
)


def change(
    action: str, kind: str, *, replacement: str | None = None, names: tuple[str, ...] = ()
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Action": action,
        "LogicalResourceId": kind.rpartition("::")[2],
        "ResourceType": kind,
        "Details": [{"Target": {"Attribute": "Properties", "Name": name}} for name in names],
    }
    if replacement:
        found["Replacement"] = replacement
    return {"Type": "Resource", "ResourceChange": found}


def test_changes_are_said_in_words_and_danger_comes_first() -> None:
    changes = changes_of(
        [
            change("Add", "AWS::Lambda::Function"),
            change("Modify", "AWS::IAM::Role", replacement="False", names=("Policies",)),
            change("Modify", "AWS::Kinesis::Stream", replacement="True", names=("Name",)),
            change("Remove", "AWS::DynamoDB::Table"),
        ]
    )
    assert [each.words for each in changes] == [
        "replace Stream, AWS::Kinesis::Stream (Name)",
        "remove Table, AWS::DynamoDB::Table",
        "add Function, AWS::Lambda::Function",
        "change Role, AWS::IAM::Role (Policies)",
    ]
    assert changes[0].warning == "replace begins without votes that are not yet counted"
    assert [bool(each.warning) for each in changes] == [True, True, False, False]


def test_a_maybe_is_a_danger_too() -> None:
    (found,) = changes_of([change("Modify", "AWS::S3::Bucket", replacement="Conditional")])
    assert (found.verb, found.warning) == ("maybe replace", "maybe replace begins without the lake")


def test_a_package_names_code_by_its_digest_and_leaves_the_template_alone() -> None:
    template = {"Resources": {"TallyFunction": {"Properties": {"Code": "s3://local"}}}}
    packaged = package(template, [BUNDLE], bucket="b")
    code = packaged["Resources"]["TallyFunction"]["Properties"]["Code"]
    assert code == {"S3Bucket": "b", "S3Key": f"bundles/TallyFunction-{'f' * 32}.zip"}
    assert template["Resources"]["TallyFunction"]["Properties"]["Code"] == "s3://local"
    assert template_object(packaged) == template_object(json.loads(json.dumps(packaged)))


# moto takes every request for plain HTTP, so nothing is put here; test_deploy_stack.py does.
@mock_aws
def test_the_bucket_of_artefacts_is_closed_and_making_it_again_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    s3 = boto3.client("s3", region_name=REGION)  # noqa: TID251 - against moto
    artifacts = Artifacts(s3, account="123456789012", region=REGION)
    artifacts.make()
    artifacts.make()
    block = s3.get_public_access_block(Bucket=artifacts.bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    policy = json.loads(s3.get_bucket_policy(Bucket=artifacts.bucket)["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert artifacts.url("k") == f"https://{artifacts.bucket}.s3.{REGION}.amazonaws.com/k"


class DataApiThatKeepsNothing:
    """The Data API, as far as deployment asks it: it notes what it is told."""

    def __init__(self, roles: tuple[str, ...] = (), status: str = "FINISHED") -> None:
        self.ran: list[tuple[str, list[str]]] = []
        self._roles = roles
        self._status = status

    def batch_execute_statement(self, **said: Any) -> dict[str, str]:
        assert said["SecretArn"] == "secret"
        self.ran.append((said["StatementName"], said["Sqls"]))
        return {"Id": "1"}

    def execute_statement(self, **said: Any) -> dict[str, str]:
        assert said["Sql"] == "SELECT role_name FROM svv_roles"
        return {"Id": "roles"}

    def describe_statement(self, *, Id: str) -> Mapping[str, str]:
        failed = Id != "roles" and self._status != "FINISHED"
        return {"Status": self._status, "Error": "no"} if failed else {"Status": "FINISHED"}

    def get_statement_result(self, *, Id: str) -> Mapping[str, Any]:
        return {"Records": [[{"stringValue": role}] for role in self._roles]}


def schema(api: DataApiThatKeepsNothing) -> Schema:
    return Schema(api, workgroup="w", database="d", secret="secret", wait=lambda ms: None)


def test_the_schema_is_roles_tables_views_and_grants_in_that_order() -> None:
    api = DataApiThatKeepsNothing()
    done = schema(api).apply()
    assert api.ran[0] == ("cube-deploy-roles", [f"CREATE ROLE {role}" for role in ROLES])
    assert done[0].startswith("sql/ddl/")
    assert done[-1] == "sql/access/grants.sql"
    assert len(api.ran) == len(schema_files()) + 1


def test_roles_that_exist_are_not_made_again() -> None:
    api = DataApiThatKeepsNothing(roles=ROLES)
    schema(api).apply()
    assert all(name != "cube-deploy-roles" for name, _ in api.ran)


def test_a_refused_file_is_named() -> None:
    with pytest.raises(StatementFailed, match="making schema roles: no"):
        schema(DataApiThatKeepsNothing(status="FAILED")).apply()


def test_grants_name_tables_and_roles_that_exist() -> None:
    tables = {path.stem for path in (SQL / "ddl").glob("*.sql")}
    for statement in statements_of((SQL / "access" / "grants.sql").read_text()):
        found = re.fullmatch(
            r"GRANT [A-Z, ]+ ON (SCHEMA public|ALL TABLES IN SCHEMA public|[a-z_, ]+)"
            r" TO ROLE ([a-z_]+)",
            statement.split("\n")[-1],
        )
        assert found, statement
        assert found[2] in ROLES
        if "public" not in found[1]:
            assert set(found[1].split(", ")) <= tables


def test_roles_are_those_that_the_templates_tag() -> None:
    text = "".join(path.read_text() for path in (SQL.parent / "infra").glob("*.yaml"))
    assert set(re.findall(r"Key: RedshiftDbRoles, Value: (\w+)", text)) == set(ROLES)


def test_a_stack_names_every_setting(tmp_path: Path) -> None:
    found = environment_of("cube", "1a2b", OUTPUTS, tmp_path)
    assert found["CUBE_STREAM"] == "cube-Votes-1"
    assert found["CUBE_WAREHOUSE_API"] == "data-api"
    assert found["CUBE_DATA"] == str(tmp_path / "cloud" / "cube-1a2b")
    without = {key: value for key, value in OUTPUTS.items() if key != "WarehouseWorkgroup"}
    assert environment_of("cube", "1a2b", without, tmp_path)["CUBE_WAREHOUSE_API"] == "none"


def test_another_stack_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(StackUnknown, match="StreamName, TallyTable"):
        environment_of("shop", "1a2b", {"Url": "x"}, tmp_path)


def test_a_command_of_this_machine_is_refused_and_load_on_production_is_asked_for() -> None:
    with pytest.raises(UsageError, match="`reset` is about this machine"):
        check_command("reset")
    check_command("load")
    assert needs_consent("load", "prod")
    assert not needs_consent("load", "dev")
    assert not needs_consent("check", "prod")


class FailedStack:
    """CloudFormation with one stack that did not come up."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}

    def execute_change_set(self, **said: Any) -> None:
        return None

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:
        def event(name: str, reason: str) -> dict[str, str]:
            return {
                "LogicalResourceId": name,
                "ResourceStatus": "CREATE_FAILED",
                "ResourceStatusReason": reason,
            }

        cancelled = event("Tallies", "Resource creation cancelled")
        return {"StackEvents": [cancelled, event("Votes", "LimitExceeded: 500 shards")]}


def test_a_stack_that_does_not_come_up_says_its_first_cause() -> None:
    stack = Stack(FailedStack(), "cube", wait=lambda ms: None)
    with pytest.raises(ServiceRefused, match="Votes: LimitExceeded: 500 shards"):
        stack.apply("change")


class LivingStack:
    """CloudFormation with one stack that was given two parameters."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        given = [{"ParameterKey": key} for key in ("Stage", "ShardCount", "Gone")]
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Parameters": given}]}

    def create_change_set(self, **said: Any) -> None:
        self.asked = said

    def describe_change_set(self, **said: Any) -> dict[str, Any]:
        return {"Status": "CREATE_COMPLETE", "Changes": []}


def test_what_a_stack_was_given_stays_unless_it_is_said_anew() -> None:
    client = LivingStack()
    stack = Stack(client, "cube", wait=lambda ms: None)
    stack.plan("url", {"ShardCount": "8"}, declared=["Stage", "ShardCount", "New"], name="c")
    assert client.asked["ChangeSetType"] == "UPDATE"
    assert client.asked["Parameters"] == [
        {"ParameterKey": "ShardCount", "ParameterValue": "8"},
        {"ParameterKey": "Stage", "UsePreviousValue": True},
    ]


def test_an_output_of_what_is_left_out_is_left_out() -> None:
    template = {
        "Resources": {},
        "Outputs": {
            "A": {"Value": {"Ref": "TallyMapping"}},
            "B": {"Value": {"Fn::Sub": "x-${TallyMapping.Id}"}},
            "C": {"Value": {"Ref": "TallyMappingRole"}},
        },
    }
    assert set(without_outputs_of(template, ["TallyMapping"])["Outputs"]) == {"C"}
