"""The template itself: what a person may choose, what stays, and what the local engine reads."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from core.errors import Misconfigured
from infra.gates.drawn import SOURCES, Drawn, cases, draw, read, targets
from infra.gates.policy import grants
from local.template import load
from local.template.kinds import IGNORED, RUN
from processors import park
from tests.infra.planted import TEMPLATE

DRAWN = draw(TEMPLATE)


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def drawn(request: pytest.FixtureRequest) -> Drawn:
    return read(request.param)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder where the transformed template is kept between tests."""
    return tmp_path_factory.mktemp("cache")


def test_every_parameter_says_what_it_is_and_what_it_may_be(drawn: Drawn) -> None:
    for name, parameter in drawn.body["Parameters"].items():
        assert parameter.get("Description"), name
        bounded = {"AllowedValues", "AllowedPattern", "MinValue"} & parameter.keys()
        assert bounded or name.startswith(("Oidc", "DeliverySecret", "FirehoseCidr")), name


def test_every_parameter_stands_in_one_group(drawn: Drawn) -> None:
    groups = drawn.body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(drawn.body["Parameters"])


def test_every_output_says_what_it_is_for(drawn: Drawn) -> None:
    assert [n for n, each in drawn.body["Outputs"].items() if not each.get("Description")] == []


def test_functions_are_alike() -> None:
    for name, function in DRAWN.of_kind("AWS::Lambda::Function"):
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"]), name
        assert function["TracingConfig"] == {"Mode": "Active"}, name


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [str(function["Role"]) for _, function in DRAWN.of_kind("AWS::Lambda::Function")]
    assert len(roles) == len(set(roles)) > 6


@pytest.mark.parametrize("name", ["Key", "Tallies", "CubeLake", "Namespace"])
def test_what_holds_votes_outlives_the_stack(name: str) -> None:
    resource = DRAWN.body["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_table_of_production_cannot_be_deleted() -> None:
    protected = DRAWN.properties("Tallies")["DeletionProtectionEnabled"]
    assert protected == {"Fn::If": ["Production", True, False]}


def test_the_mapping_that_counts_never_gives_up() -> None:
    mapping = DRAWN.properties("TallyMapping")
    assert mapping["MaximumRetryAttempts"] == mapping["MaximumRecordAgeInSeconds"] == -1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_function_that_parks_may_write_where_it_parks() -> None:
    """Else every bad line stops its shard: the record is not applied until it is parked."""
    for role in ("TallyRole", "WorkerRole"):
        places = [
            text["Fn::Sub"]
            for grant in grants(DRAWN)
            if (grant.role, grant.action) == (role, "s3:PutObject")
            for text in grant.resources
        ]
        assert f"${{CubeLake.Arn}}/{park.PREFIX}/*" in places


def test_the_warehouse_may_grow_into_its_subnets() -> None:
    """With enhanced VPC routing 128 RPUs take 37 addresses of each subnet; five are AWS's own."""
    for name, subnet in DRAWN.of_kind("AWS::EC2::Subnet"):
        assert subnet["CidrBlock"].endswith("/26"), name
    assert max(DRAWN.body["Parameters"]["WarehouseRpusMax"]["AllowedValues"]) <= 128
    ((_, group),) = DRAWN.of_kind("AWS::RedshiftServerless::Workgroup")
    assert group["EnhancedVpcRouting"] is True
    assert len(group["SubnetIds"]) == 3


CHOICES = {
    "Warehouse": ["serverless", "none"],
    "HistoryLoad": ["scheduled", "firehose"],
    "ProcessingMode": ["ordered", "fanout"],
    "ReservedConcurrency": ["0", "20"],
    "Stage": ["dev", "prod"],
}


@pytest.mark.parametrize("values", list(product(*CHOICES.values())), ids="-".join)
def test_the_local_engine_draws_every_choice(values: tuple[str, ...], cache: Path) -> None:
    chosen = dict(zip(CHOICES, values, strict=True))
    drawing = load(SOURCES[0], chosen, cache)
    has_warehouse = chosen["Warehouse"] == "serverless"
    assert bool(drawing.workgroups) == has_warehouse
    assert {"load", "compare"} <= {f.name for f in drawing.functions} or not has_warehouse
    (delivery,) = drawing.deliveries
    assert (delivery.copy is not None) == (has_warehouse and chosen["HistoryLoad"] == "firehose")
    counting = "worker" if chosen["ProcessingMode"] == "fanout" else "tally"
    (function,) = (f for f in drawing.functions if f.name == counting)
    expected = None if chosen["ReservedConcurrency"] == "0" else 20
    assert function.reserved_concurrency == expected


def referring(value: Any) -> Iterator[str]:
    for case in cases(value):
        yield from targets(case)


def test_without_a_warehouse_nothing_of_it_is_left() -> None:
    """A resource that refers to one that is not there cannot be created."""
    resources = DRAWN.body["Resources"]
    guarded = {
        name
        for name, each in resources.items()
        if each.get("Condition") in {"HasWarehouse", "FirehoseLoads"}
    }
    assert {"Workgroup", "LoadFunction", "WarehouseVpc"} <= guarded
    for name, resource in resources.items():
        if name not in guarded | {"VotesToLake"}:  # whose branch has the condition
            assert not set(referring(resource.get("Properties"))) & guarded, name


@pytest.mark.parametrize("kind", RUN)
def test_the_engine_lists_properties_that_aws_knows(kind: str) -> None:
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # seconds of imports: only here

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    used, accepted = RUN[kind]
    assert not used & accepted
    assert (used | accepted) - set(schema["properties"]) == set()


def test_a_type_is_run_or_ignored_and_every_ignored_one_has_its_reason() -> None:
    kinds = {resource["Type"] for resource in DRAWN.body["Resources"].values()}
    assert kinds <= RUN.keys() | IGNORED.keys()
    assert not RUN.keys() & IGNORED.keys()
    assert all(len(reason) > 15 for reason in IGNORED.values())


def test_a_name_that_stands_twice_is_refused() -> None:
    """YAML takes the second and says nothing; what is transformed cannot tell any more."""
    source = TEMPLATE.replace("  StreamName: {", "  KeyArn: {Value: x}\n  StreamName: {", 1)
    with pytest.raises(Misconfigured, match=r"KeyArn \(line \d+\) stands there twice"):
        draw(source)


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(Misconfigured, match=r"(?s)reading template: .*line 2"):
        draw("Resources:\n\t- a tab")


def holds(rule: Any, values: dict[str, str]) -> bool:
    """Return whether CloudFormation's assertion holds for parameters."""
    ((name, argument),) = rule.items()
    given = [values[a["Ref"]] if isinstance(a, dict) and "Ref" in a else a for a in argument]
    match name:
        case "Fn::Or":
            return any(holds(each, values) for each in argument)
        case "Fn::And":
            return all(holds(each, values) for each in argument)
        case "Fn::Equals":
            return bool(given[0] == given[1])
        case "Fn::Contains":
            return given[1] in given[0]
    raise AssertionError(name)


def test_a_warehouse_that_could_not_grow_is_refused_before_anything_is_built() -> None:
    (assertion,) = DRAWN.body["Rules"]["WarehouseMayGrow"]["Assertions"]
    parameters = DRAWN.body["Parameters"]
    for base in parameters["WarehouseRpus"]["AllowedValues"]:
        for most in parameters["WarehouseRpusMax"]["AllowedValues"]:
            values = {"WarehouseRpus": str(base), "WarehouseRpusMax": str(most)}
            assert holds(assertion["Assert"], values) == (base <= most), (base, most)
