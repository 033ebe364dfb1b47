"""A replay is the same every time: killed, interrupted or run again, each vote counts once."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import limits
from core.errors import PollRuleRefused, UsageError
from core.poll import next_version
from local.poll_change import change_poll
from local.poll_palette import palette_of
from local.replay import Replay, ReplayReport
from local.vote_file import read_facts
from producers.outbox import Outbox, OutboxSummary
from tests.local.desk import STREAM, TABLE, Desk, Haste

ROWS = [(swatch, f"colour {swatch % 7}", 40 + swatch) for swatch in range(120)]
VOTES = sum(answers for _, _, answers in ROWS)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "desk")
    yield desk
    desk.close()


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    path = tmp_path / "survey.csv"
    lines = [f"{swatch},{colour},{answers}\n" for swatch, colour, answers in ROWS]
    path.write_text("swatch,answer,answers\n" + "".join(lines))
    return path


def expected() -> Counter[str]:
    votes: Counter[str] = Counter()
    for _, colour, answers in ROWS:
        votes[colour] += answers
    return votes


def replay(desk: Desk, file: Path, folder: Path, poll: str = "survey") -> Replay:
    desk.stop = Haste(desk.clock)
    return Replay(
        facts=read_facts(file, print),
        poll=poll,
        folder=folder,
        stream=STREAM,
        table=TABLE,
        stream_client=desk,
        table_client=desk.dynamodb,
        clock=desk.clock,
        rng=random.Random(1),
        on_progress=lambda progress: None,
        stop=desk.stop,
        lanes=4,
    )


def test_every_answer_of_a_survey_is_counted_once(desk: Desk, survey: Path, tmp_path: Path) -> None:
    report = replay(desk, survey, tmp_path / "outbox").run()
    desk.count()
    assert report == ReplayReport(
        poll="survey",
        producer=report.producer,
        votes=VOTES,
        accepted=VOTES,
        earlier=0,
        left=0,
        colours=7,
        took_ms=report.took_ms,
    )
    assert desk.totals("survey") == expected()
    assert desk.ledger("survey") == {"counted": VOTES}


def test_running_it_twice_changes_nothing(desk: Desk, survey: Path, tmp_path: Path) -> None:
    replay(desk, survey, tmp_path / "outbox").run()
    again = replay(desk, survey, tmp_path / "outbox").run()
    desk.count()
    assert (again.accepted, again.earlier, again.left) == (0, VOTES, 0)
    assert desk.totals("survey") == expected()


def test_without_its_outbox_the_same_batches_are_sent_and_counted_once(
    desk: Desk, survey: Path, tmp_path: Path
) -> None:
    replay(desk, survey, tmp_path / "one").run()
    first = {record.data for _, record in desk.records()}
    desk.clock.advance(5_000_000)
    replay(desk, survey, tmp_path / "two").run()
    second = {record.data for _, record in desk.records()}
    assert first == second

    desk.rewind()
    desk.count()
    assert desk.totals("survey") == expected()


@pytest.mark.parametrize("rate", [None, 20_000.0])
def test_an_interrupted_replay_goes_on_where_it_was(
    desk: Desk,
    survey: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rate: float | None,
) -> None:
    """Ctrl-C comes after so many bodies have been offered."""
    offered: list[int] = []
    offer = Outbox.offer

    def offer_and_stop(self: Outbox, lane: int, lines: bytes, votes: int, now_ms: int) -> None:
        offer(self, lane, lines, votes, now_ms)
        offered.append(votes)
        if len(offered) in (1, 5, 12):
            desk.stop.set()

    monkeypatch.setattr(Outbox, "offer", offer_and_stop)
    reports: list[ReplayReport] = []
    for _ in range(4):
        run = replay(desk, survey, tmp_path / "outbox")
        run.rate = rate
        reports.append(run.run())
    desk.count()
    assert [report.left > 0 for report in reports] == [True, True, True, False]
    assert all(report.accepted < VOTES for report in reports)
    assert desk.totals("survey") == expected()


@pytest.mark.parametrize("seals", [1, 2, 5])
@pytest.mark.parametrize("torn_bytes", [0, 1, 60_000])
def test_a_replay_that_was_killed_goes_on_where_its_disk_is(
    desk: Desk,
    survey: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seals: int,
    torn_bytes: int,
) -> None:
    """Killed at a seal; what was written last may be torn, if none of it was sent."""

    class Killed(BaseException):
        pass

    sealed: list[int] = []
    seal = Outbox.seal

    def seal_and_die(self: Outbox, now_ms: int, *, everything: bool = False) -> int:
        count = seal(self, now_ms, everything=everything)
        sealed.append(count)
        if len(sealed) > seals:
            raise Killed
        return count

    run = replay(desk, survey, tmp_path / "outbox")
    desk.away.set()  # nothing is sent before the kill, so any tail may be torn
    with monkeypatch.context() as patch:
        patch.setattr(Outbox, "seal", seal_and_die)
        with pytest.raises(Killed):
            run.run()
    newest = max((tmp_path / "outbox" / run.producer).glob("segment-*.log"))
    newest.write_bytes(newest.read_bytes()[: -torn_bytes or None])
    desk.away.clear()

    again = replay(desk, survey, tmp_path / "outbox").run()
    other = replay(desk, survey, tmp_path / "other").run()
    batches = Counter(record.data for _, record in desk.records())
    assert again.left == other.left == 0
    assert set(batches.values()) == {2}, "with and without the kill, the same batches"
    desk.rewind()
    desk.count()
    assert desk.totals("survey") == expected()


def test_the_poll_is_made_in_file_order_and_in_effect_before_the_first_vote(
    desk: Desk, survey: Path, tmp_path: Path
) -> None:
    started_ms = desk.clock.now_ms()
    replay(desk, survey, tmp_path / "outbox").run()
    arrivals = [record.arrival_ms for _, record in desk.records()]
    assert min(arrivals) >= started_ms + limits.RULES_LEAD_MS
    palette = palette_of(desk.dynamodb, TABLE, "survey")
    assert palette == tuple(f"colour {number}" for number in range(7))


def test_answers_of_a_survey_are_backlog_and_no_latency(
    desk: Desk, survey: Path, tmp_path: Path
) -> None:
    replay(desk, survey, tmp_path / "outbox").run()
    desk.count()
    counted = desk.items("poll#survey", "counted#")
    assert counted
    assert not [name for item in counted for name in item if name.startswith("l#")]


def test_json_lines_keep_their_own_times(desk: Desk, tmp_path: Path) -> None:
    now_ms = desk.clock.now_ms()
    lines = json_lines(desk, range(1, 4))
    (tmp_path / "votes.jsonl").write_text(lines)
    report = replay(desk, tmp_path / "votes.jsonl", tmp_path / "outbox", "mine").run()
    desk.count()
    assert report.accepted == 3
    seconds = {item["sk"].split("#")[1] for item in desk.items("poll#mine", "second#")}
    assert seconds == {f"{now_ms // 1000 - seq:010d}" for seq in (1, 2, 3)}


def json_lines(desk: Desk, seqs: range) -> str:
    now_ms = desk.clock.now_ms()
    return "".join(
        f'{{"poll":"x","device_id":"d","seq":{seq},"colour":"red",'
        f'"voted_at":{now_ms - seq * 1000}}}\n'
        for seq in seqs
    )


def test_a_second_file_that_may_repeat_votes_is_refused(desk: Desk, tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text(json_lines(desk, range(1, 4)))
    two.write_text(json_lines(desk, range(4, 6)))
    replay(desk, one, tmp_path / "outbox", "mine").run()
    with pytest.raises(UsageError, match="a vote in both would count twice"):
        replay(desk, two, tmp_path / "outbox", "mine").run()
    replay(desk, two, tmp_path / "outbox", "other").run()
    replay(desk, one, tmp_path / "outbox", "mine").run()
    run = replay(desk, two, tmp_path / "outbox", "mine")
    run.overlap_checked = True
    run.run()
    desk.count()
    assert desk.totals("mine") == {"red": 5}
    assert desk.totals("other") == {"red": 2}


def test_two_surveys_in_one_poll_have_devices_of_their_own(
    desk: Desk, survey: Path, tmp_path: Path
) -> None:
    replay(desk, survey, tmp_path / "outbox").run()
    survey.write_text(survey.read_text() + "0,colour 0,1\n")
    replay(desk, survey, tmp_path / "outbox").run()
    desk.count()
    assert desk.totals("survey").total() == 2 * VOTES + 1


def test_a_palette_grows_when_the_poll_is_there_already(
    desk: Desk, survey: Path, tmp_path: Path
) -> None:
    replay(desk, survey, tmp_path / "outbox", "cube").run()
    desk.count()
    assert desk.totals("cube") == expected()


def test_a_closed_poll_is_refused(desk: Desk, survey: Path, tmp_path: Path) -> None:
    now_ms = desk.clock.now_ms()
    change_poll(
        desk.dynamodb,
        TABLE,
        "survey",
        lambda newest: next_version(newest, poll="survey", now_ms=now_ms, closes_ms=now_ms),
    )
    with pytest.raises(PollRuleRefused, match="is closed"):
        replay(desk, survey, tmp_path / "outbox").run()


def test_more_colours_than_a_poll_may_have_are_refused_before_anything_is_sent(
    desk: Desk, tmp_path: Path
) -> None:
    rows = "".join(f"1,colour {n},1\n" for n in range(limits.PALETTE_COLOURS_MAX + 1))
    (tmp_path / "f").write_text("swatch,answer,answers\n" + rows)
    with pytest.raises(PollRuleRefused, match="257 colours"):
        replay(desk, tmp_path / "f", tmp_path / "outbox").run()
    assert desk.records() == []


def test_the_outbox_of_a_replay_accounts_for_it(desk: Desk, survey: Path, tmp_path: Path) -> None:
    report = replay(desk, survey, tmp_path / "outbox").run()
    summary = OutboxSummary.read(tmp_path / "outbox" / report.producer)
    assert summary.producer == report.producer
    assert summary.acknowledged_votes == VOTES


def test_what_makes_a_replay_another_replay(desk: Desk, survey: Path, tmp_path: Path) -> None:
    one = replay(desk, survey, tmp_path / "outbox")
    names = {
        one.producer,
        replace(one, poll="other").producer,
        replace(one, lanes=8).producer,
        replace(one, facts=replace(one.facts, digest="0")).producer,
    }
    assert len(names) == 4
    assert replace(one, rate=5, folder=tmp_path / "elsewhere").producer == one.producer
