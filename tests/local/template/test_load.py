"""The drawing: every value comes from the template, and what is not known is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import Misconfigured
from local.template import load

TEMPLATE = Path(__file__).resolve().parents[3] / "infra" / "template.yaml"
Edit = Callable[[str, str], Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """Return a copy of the template with one text replaced."""

    def edit(old: str, new: str) -> Path:
        source = TEMPLATE.read_text()
        assert source.count(old) >= 1, f"the template says {old!r}"
        path = tmp_path / "template.yaml"
        path.write_text(source.replace(old, new, 1))
        return path

    return edit


def test_the_template_draws_what_the_live_path_needs() -> None:
    drawing = load(TEMPLATE, {}, history=False)
    assert [(s.name, s.shard_count, s.retention_hours) for s in drawing.streams] == [
        ("votes", 4, 24)
    ]
    assert [(t.name, t.hash_key, t.range_key, t.ttl_attribute) for t in drawing.tables] == [
        ("tallies", "pk", "sk", "expires_at"),
        ("trends", "pk", "sk", "expires_at"),
    ]
    assert [bucket.name for bucket in drawing.buckets] == ["cube-lake"]
    assert {f.name: f.handler for f in drawing.functions} == {
        "tally": "processors.tally_handler.handle",
        "dispatch": "processors.dispatch_handler.handle",
        "worker": "processors.worker_handler.handle",
        "trend": "processors.trend_handler.handle",
        "rollup": "processors.rollup_handler.handle",
    }
    assert drawing.functions[0].environment["CUBE_TALLY_TABLE"] == "tallies"
    (schedule,) = drawing.schedules
    assert (schedule.function_name, schedule.period_s) == ("rollup", 60)
    assert set(drawing.ignored) >= {"Key", "TallyRole", "TallyIsLate"}
    assert "--no-history" in drawing.ignored["LoadFunction"]
    assert (drawing.namespaces, drawing.workgroups) == ((), ())


def test_the_template_draws_a_warehouse_and_who_loads_it() -> None:
    drawing = load(TEMPLATE, {})
    (namespace,) = drawing.namespaces
    (workgroup,) = drawing.workgroups
    assert (namespace.name, namespace.database) == ("cube", "votes")
    assert (workgroup.name, workgroup.namespace) == ("cube", "cube")
    (function,) = (each for each in drawing.functions if each.name == "load")
    assert function.handler == "processors.load_handler.handle"
    assert (function.timeout_s, function.reserved_concurrency) == (300, 1)
    history = {name: value for name, value in function.environment.items() if "TALLY" not in name}
    assert history == {
        "CUBE_STREAM": "votes",
        "CUBE_LAKE_BUCKET": "cube-lake",
        "CUBE_WAREHOUSE_API": "data-api",
        "CUBE_WAREHOUSE_WORKGROUP": "cube",
        "CUBE_WAREHOUSE_DATABASE": "votes",
        "CUBE_COPY_ROLE": "arn:aws:iam::000000000000:role/copyrole",
        "CUBE_HISTORY_LOAD": "scheduled",
    }


def test_a_schedule_may_have_a_rate_of_its_own_here(edited: Edit) -> None:
    """AWS's scheduler has no seconds: Metadata says what runs on a desk."""
    periods = {each.function_name: each.period_s for each in load(TEMPLATE, {}).schedules}
    assert (periods["rollup"], periods["load"]) == (60, 5)
    plain = edited(", ScheduleExpression: rate(5 seconds)", "")
    periods = {each.function_name: each.period_s for each in load(plain, {}).schedules}
    assert periods["load"] == 60


def test_the_mapping_never_gives_a_vote_up_and_reports_what_failed() -> None:
    """B17, B24: unlimited retries; the handler's answer counts only when it is asked for."""
    (mapping,) = load(TEMPLATE, {}, trend=False).mappings
    assert mapping.counts
    assert (mapping.stream_name, mapping.function_name) == ("votes", "tally")
    assert (mapping.retries_max, mapping.record_age_s_max) == (-1, -1)
    assert mapping.report_item_failures
    assert mapping.starting_position == "TRIM_HORIZON"
    assert mapping.failure_bucket == "cube-lake"


@pytest.mark.parametrize(
    ("old", "new", "field", "value"),
    [
        ("BatchSize: 500", "BatchSize: 77", "batch_size", 77),
        ("BatchingWindowInSeconds: 0", "BatchingWindowInSeconds: 2", "batching_window_ms", 2_000),
        (
            "ParallelizationFactor: !Ref ParallelizationFactor",
            "ParallelizationFactor: 10",
            "parallelization_factor",
            10,
        ),
        ("MaximumRetryAttempts: -1", "MaximumRetryAttempts: 3", "retries_max", 3),
        ("RecordAgeInSeconds: -1", "RecordAgeInSeconds: 90", "record_age_s_max", 90),
        ("OnFunctionError: true", "OnFunctionError: false", "bisect", False),
        ("[ReportBatchItemFailures]", "[]", "report_item_failures", False),
        ("Position: TRIM_HORIZON", "Position: LATEST", "starting_position", "LATEST"),
        ("BatchSize: 500", "BatchSize: !Ref AWS::NoValue", "batch_size", 100),
        ("BatchSize: 500", "BatchSize: 500\n      Enabled: 'false'", "enabled", False),
    ],
)
def test_a_number_changed_in_the_template_changes_the_drawing(
    edited: Edit, old: str, new: str, field: str, value: object
) -> None:
    (mapping,) = load(edited(old, new), {}, trend=False).mappings
    assert getattr(mapping, field) == value


def test_parameters_reach_the_drawing_and_keep_their_limits() -> None:
    assert load(TEMPLATE, {"ShardCount": "16"}).streams[0].shard_count == 16
    for parameters in ({"ShardCount": "0"}, {"ShardCount": "many"}, {"Colour": "red"}):
        with pytest.raises(Misconfigured, match="reading parameters"):
            load(TEMPLATE, parameters)
    with pytest.raises(Misconfigured, match="LogRetentionDays is one of"):
        load(TEMPLATE, {"LogRetentionDays": "2"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("AWS::Kinesis::Stream", "AWS::Events::Rule", "Votes.*cannot run a AWS::Events::Rule"),
        ("      BatchSize: 500", "      BatchSise: 500", "TallyMapping.*no BatchSise"),
        ("rate(1 minute)", "cron(0 2 * * ? *)", "RollupSchedule.*runs rates"),
        ("AttributeName: sk, AttributeType: S", "AttributeName: sk, AttributeType: N", "strings"),
        (
            "Destination: !GetAtt CubeLake.Arn",
            "Destination: arn:aws:sqs:x:1:z",
            "leads to z, which",
        ),
        ("Destination: !GetAtt CubeLake.Arn", "Destination: arn:aws:s3:::a", "leads to a, which"),
        (
            "FunctionName: !If [FansOut, !Ref DispatchFunction, !Ref TallyFunction]",
            "FunctionName: nobody",
            "leads to nobody, which",
        ),
        ("EventSourceArn: !GetAtt Votes.Arn", "EventSourceArn: a:b/x", "leads to x, which"),
        ("Arn: !GetAtt RollupFunction.Arn", "Arn: a:b:ghost", "RollupSchedule: Target leads to gh"),
        ("BatchSize: 500", "BatchSize: many", "TallyMapping: BatchSize is a whole number"),
        ("OnFunctionError: true", "OnFunctionError: maybe", "OnFunctionError is true or false"),
        ("      StartingPosition: TRIM_HORIZON\n", "", "TallyMapping: StartingPosition is missing"),
        ("Local: {Name: votes}", "Local: {Nam: votes}", "Votes: Metadata's Local has no Nam"),
        (
            "NamespaceName: !Ref Namespace",
            "NamespaceName: x",
            "Workgroup: NamespaceName leads to x",
        ),
        ("Default: PROVISIONED", "Default: ON_DEMAND", "Votes: StreamModeDetails.*no ON_DEM"),
        ("!Ref ShardCount", "!Ref Shards", "nothing is called 'Shards'"),
        ("!Ref RetentionHours", "!Select [0, [24]]", "no Fn::Select"),
        ("Handler: processors.tally_handler.handle", "Handlr: x", "transforming template"),
    ],
)
def test_what_the_engine_does_not_know_is_refused_by_name(
    edited: Edit, old: str, new: str, said: str
) -> None:
    with pytest.raises(Misconfigured, match=said):
        load(edited(old, new), {})


def test_a_template_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="reading template"):
        load(tmp_path / "none.yaml", {})


def test_the_transformed_template_is_kept_by_what_it_was_made_of(
    tmp_path: Path, edited: Edit
) -> None:
    cache = tmp_path / "cache"
    first = load(TEMPLATE, {}, cache)
    (kept,) = cache.iterdir()
    assert load(TEMPLATE, {}, cache) == first
    kept.write_text("torn")
    assert load(TEMPLATE, {}, cache) == first
    load(edited("BatchSize: 500", "BatchSize: 5"), {}, cache)
    assert len(list(cache.iterdir())) == 2


def test_mapping_ids_stay_the_same() -> None:
    assert load(TEMPLATE, {}).mappings == load(TEMPLATE, {"ShardCount": "9"}).mappings


def test_the_mode_chooses_the_function_of_the_one_mapping() -> None:
    """Functions of either mode are always there: events that wait outlive a switch."""
    ordered, fanned = (load(TEMPLATE, {"ProcessingMode": mode}) for mode in ("ordered", "fanout"))
    assert load(TEMPLATE, {}) == ordered
    (before, other), (after, same) = ordered.mappings, fanned.mappings
    assert other == same, "the trends are the same in either"
    assert (before.function_name, after.function_name) == ("tally", "dispatch")
    assert before.uuid == after.uuid, "its positions stay"
    # Calls are kept for whoever counts; nothing else of the functions depends on the mode.
    kept = [[(f.name, f.reserved_concurrency) for f in d.functions] for d in (ordered, fanned)]
    assert ("tally", 100) in kept[0]
    assert {("dispatch", 100), ("worker", 100), ("tally", None)} <= set(kept[1])
    alike = [
        [replace(f, reserved_concurrency=None) for f in d.functions] for d in (ordered, fanned)
    ]
    assert alike[0] == alike[1]
    with pytest.raises(Misconfigured, match="ProcessingMode is one of ordered, fanout"):
        load(TEMPLATE, {"ProcessingMode": "both"})


def test_the_second_consumer_counts_nothing_and_gives_up_soon() -> None:
    """B18, B20: a trend is worth nothing late; what failed is said in a queue, without votes."""
    (mapping,) = (each for each in load(TEMPLATE, {}).mappings if not each.counts)
    assert (mapping.function_name, mapping.starting_position) == ("trend", "LATEST")
    assert (mapping.retries_max, mapping.record_age_s_max, mapping.bisect) == (2, 60, True)
    assert (mapping.failure_bucket, mapping.failure_queue) == (None, "trend-failures")
    functions = {function.name: function for function in load(TEMPLATE, {}).functions}
    assert functions["trend"].environment["CUBE_TREND_TABLE"] == "trends"
    assert "CUBE_TREND_TABLE" not in functions["tally"].environment


def test_without_trends_everything_else_is_the_same() -> None:
    whole, without = load(TEMPLATE, {}), load(TEMPLATE, {}, trend=False)
    assert [m.function_name for m in without.mappings] == ["tally"]
    assert [f for f in whole.functions if f.name != "trend"] == list(without.functions)
    assert "--no-trend" in without.ignored["TrendMapping"]
    assert whole.tables == without.tables, "the table stays, for what it holds"


def test_enhanced_fan_out_changes_nothing_here() -> None:
    """On AWS the counting mapping reads a consumer of its own; the trends never pay for one."""
    pushed = load(TEMPLATE, {"EnhancedFanOut": "true"})
    assert pushed.mappings == load(TEMPLATE, {}).mappings
    assert "VotesConsumer" in pushed.ignored
    with pytest.raises(Misconfigured, match="EnhancedFanOut is one of true, false"):
        load(TEMPLATE, {"EnhancedFanOut": "yes"})


def test_the_worker_is_tried_three_times_and_leaves_its_events_in_the_lake() -> None:
    """B50, B52: the configuration of its events is a resource of its own."""
    functions = {function.name: function for function in load(TEMPLATE, {}).functions}
    worker = functions["worker"]
    assert (worker.async_retries_max, worker.async_age_s_max) == (2, 3_600)
    assert worker.async_failure_bucket == "cube-lake"
    assert functions["tally"].async_failure_bucket is None
    assert functions["dispatch"].environment["CUBE_WORKER_FUNCTION"] == "worker"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("MaximumEventAgeInSeconds: 3600", "MaximumEventAgeInSeconds: 59", "60 to 21600, not 59"),
        ("MaximumRetryAttempts: 2", "MaximumRetryAttempts: 3", "0 to 2, not 3"),
        ("Qualifier: $LATEST", "Qualifier: live", r"has \$LATEST only"),
        ("FunctionName: !Ref WorkerFunction", "FunctionName: x", "leads to x, which is not drawn"),
        (
            "      MaximumEventAgeInSeconds: 3600\n      DestinationConfig:\n"
            "        OnFailure: {Destination: !GetAtt CubeLake.Arn}",
            "      DestinationConfig: {OnSuccess: {Destination: x}}",
            "DestinationConfig: the local engine has no OnSuccess",
        ),
        (
            "      MaximumEventAgeInSeconds: 3600\n      DestinationConfig:\n"
            "        OnFailure: {Destination: !GetAtt CubeLake.Arn}",
            "      DestinationConfig: {OnFailure: {Destination: 'arn:aws:s3:::other'}}",
            "leads to other, which is not drawn",
        ),
    ],
)
def test_what_becomes_of_events_is_checked(edited: Edit, old: str, new: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load(edited(old, new), {})
