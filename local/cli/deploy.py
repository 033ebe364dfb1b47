"""A stack's name and parameters in, the drawing built on AWS out: planned, applied, tried."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from core.errors import UsageError
from core.poll import DEFAULT_PALETTE, DEFAULT_POLL, PollRules
from core.service_error import code_of
from infra.bundle.bundle import TEMPLATE, Bundle, bundles
from infra.bundle.wheels import Platform
from infra.deploy.artifacts import Artifacts
from infra.deploy.change_set import Change
from infra.deploy.package import package, template_object, without_outputs_of
from infra.deploy.schema import Schema, schema_files
from infra.deploy.stack import Stack
from local.cli import options
from local.cli.cloud import aws
from local.cli.deploy_words import show_changes, show_dry_run, show_next, show_outputs
from local.cli.smoke import run_smoke
from local.cli.wait import pause_ms

DASHBOARD: Final = TEMPLATE.with_name("dashboard.yaml")
_PLATFORM: Final[tuple[Platform, ...]] = ("lambda", "here")


class Drawn(NamedTuple):
    """Which template is built, without which of its resources."""

    path: Path
    leave_out: tuple[str, ...]

    @property
    def has_functions(self) -> bool:
        return self.path == TEMPLATE


class Parameter(click.ParamType[tuple[str, str]]):
    """A template's parameter as people write it: ShardCount=8."""

    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        name, sign, text = str(value).partition("=")
        if not sign or not name:
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        return name, text


@click.command()
@click.option("--stack", default="cube", show_default=True, help="Name of the stack.")
@click.option("--set", "chosen", type=Parameter(), multiple=True, help="A template's parameter.")
@click.option("--dry-run", is_flag=True, help="Make bundles and template, ask nobody: no account.")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would change, and stop.")
@click.option("--outputs", "only_outputs", is_flag=True, help="Show a stack's outputs, and stop.")
@click.option("--smoke", "only_smoke", is_flag=True, help="Send 1,000 votes and check, and stop.")
@click.option("--dashboard", is_flag=True, help="The second stack: the pages, behind a log-in.")
@click.option("--destroy", is_flag=True, help="Delete the stack; table, lake and key stay.")
@click.option("--no-smoke", is_flag=True, help="Do not send votes after it is built.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--leave-out", multiple=True, metavar="NAME", help="A resource an emulator lacks.")
@click.option(
    "--platform",
    type=click.Choice(_PLATFORM),
    default="lambda",
    show_default=True,
    help="Whose wheels bundles carry; here: for an emulator on this machine.",
)
@options.as_json
def deploy(
    stack: str,
    chosen: tuple[tuple[str, str], ...],
    dry_run: bool,
    only_plan: bool,
    only_outputs: bool,
    only_smoke: bool,
    dashboard: bool,
    destroy: bool,
    no_smoke: bool,
    yes: bool,
    leave_out: tuple[str, ...],
    platform: Platform,
    as_json: bool,
) -> int:
    """Build Colour Cube in an AWS account: plan, ask, apply, make the tables, send 1,000 votes.

    Credentials and Region are the usual ones of AWS's tools; AWS_ENDPOINT_URL names an emulator.
    docs/runbook.md walks through the first deployment, upgrades, rollback and the end.

    \b
    Examples:
      cube deploy --dry-run
      cube deploy --set Stage=prod --set ShardCount=8 --plan
      cube deploy --dashboard --set ImageTag=1a2b3c --set DomainName=cube.example.com --plan
      cube --cloud cube load --rate 1000 --seconds 10
    """
    drawing = Drawn(DASHBOARD if dashboard else TEMPLATE, leave_out)
    parameters = {"CubeStack": stack, **dict(chosen)} if dashboard else dict(chosen)
    if dry_run:
        return _dry_run(drawing, parameters, platform, as_json)
    name = f"{stack}-dashboard" if dashboard else stack
    target = Stack(aws("cloudformation"), name, wait=pause_ms, say=_say)
    if only_outputs:
        show_outputs(target.outputs(), as_json)
        return 0
    if only_smoke:
        return run_smoke(stack)
    if destroy:
        return _destroy(target, yes)
    return _build(target, drawing, parameters, platform, only_plan, no_smoke, yes)


def _build(
    target: Stack,
    drawing: Drawn,
    chosen: Mapping[str, str],
    platform: Platform,
    only_plan: bool,
    no_smoke: bool,
    yes: bool,
) -> int:
    template = _template(drawing, chosen)
    made = _bundles(platform) if drawing.has_functions else []
    url = _upload(template, made)
    name = f"cube-{int(time.time())}"  # noqa: TID251 - a change set's name, once
    changes = target.plan(url, chosen, declared=template.get("Parameters", ()), name=name)
    show_changes(target.name, changes)
    if only_plan:
        if changes is not None:
            target.forget(name)
        return 0
    if changes is not None:
        if not yes and not _agreed(target.name, changes):
            target.forget(name)
            click.echo("Nothing was changed.")
            return 0
        target.apply(name)
    outputs = target.outputs()
    if not drawing.has_functions:
        show_outputs(outputs, as_json=False)
        return 0
    _make_schema(outputs)
    _make_poll(outputs)
    show_outputs(outputs, as_json=False)
    if not no_smoke and (code := run_smoke(target.name)):
        return code
    show_next(target.name)
    return 0


def _dry_run(drawing: Drawn, chosen: Mapping[str, str], platform: Platform, as_json: bool) -> int:
    """Make everything that needs no account, and say what it is."""
    template = _template(drawing, chosen)
    made = list(bundles(platform)) if drawing.has_functions else []
    packaged = package(template, made, bucket="cube-artifacts-<account>-<region>")
    files = schema_files() if drawing.has_functions else []
    show_dry_run(packaged, made, files, template_object(packaged)[1], as_json)
    return 0


def _template(drawing: Drawn, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the drawing after SAM's transform; raise UsageError for a parameter it has not."""
    from infra.transform import transform

    template = transform(drawing.path.read_text())
    declared = template.get("Parameters", {})
    for name, value in chosen.items():
        if name not in declared:
            known = ", ".join(sorted(declared))
            raise UsageError(f"reading options: the template has no parameter {name}: {known}")
        allowed = declared[name].get("AllowedValues")
        if allowed and value not in [str(each) for each in allowed]:
            raise UsageError(f"reading options: {name} is one of {', '.join(map(str, allowed))}")
    for name in drawing.leave_out:
        if template["Resources"].pop(name, None) is None:
            raise UsageError(f"reading options: the template has no resource {name}")
    return without_outputs_of(template, drawing.leave_out)


def _bundles(platform: Platform) -> list[Bundle]:
    _say("making bundles")
    return list(bundles(platform))


def _upload(template: Mapping[str, Any], made: Iterable[Bundle]) -> str:
    """Put bundles and template where CloudFormation finds them; return the template's address."""
    identity = aws("sts").get_caller_identity()
    s3 = aws("s3")
    artifacts = Artifacts(s3, account=identity["Account"], region=s3.meta.region_name)
    _say(f"account {identity['Account']}, {s3.meta.region_name}: uploading to {artifacts.bucket}")
    artifacts.make()
    artifacts.put_bundles(made)
    key, body = template_object(package(template, made, bucket=artifacts.bucket))
    artifacts.put(key, body)
    return artifacts.url(key)


def _make_schema(outputs: Mapping[str, str]) -> None:
    """Make tables, views and grants, where the stack has a warehouse."""
    if "WarehouseWorkgroup" not in outputs:
        return
    namespace = aws("redshift-serverless").get_namespace(
        namespaceName=outputs["WarehouseNamespace"]
    )["namespace"]
    schema = Schema(
        aws("redshift-data"),
        workgroup=outputs["WarehouseWorkgroup"],
        database=outputs["WarehouseDatabase"],
        secret=namespace["adminPasswordSecretArn"],
        wait=pause_ms,
    )
    _say(f"warehouse: {len(schema.apply())} files of sql/ applied")


def _make_poll(outputs: Mapping[str, str]) -> None:
    """Make the poll `cube`, open, unless there is one: without it every vote would be parked."""
    rules = PollRules(poll=DEFAULT_POLL, version=1, effective_ms=0, palette=DEFAULT_PALETTE)
    try:
        aws("dynamodb").put_item(
            TableName=outputs["TallyTable"],
            Item=rules.to_item(),
            ConditionExpression="attribute_not_exists(pk)",
        )
    except Exception as error:
        if code_of(error) != "ConditionalCheckFailedException":
            raise


def _agreed(name: str, changes: Iterable[Change]) -> bool:
    if any(change.warning for change in changes):
        return str(click.prompt("This loses data. Type the stack's name to go on")) == name
    return click.confirm("Apply?", default=True)


def _destroy(target: Stack, yes: bool) -> int:
    if target.status() is None:
        click.echo(f"There is no stack {target.name}.")
        return 0
    if not yes and str(click.prompt(f"Type {target.name} to delete it")) != target.name:
        click.echo("Nothing was deleted.")
        return 0
    target.destroy()
    click.echo("Deleted. Table, lake and key stay, and cost; docs/runbook.md ends them too.")
    return 0


def _say(text: str) -> None:
    click.echo(text, err=True)
