"""Each check of sql/checks: nothing to say of a sound history, and one planted fault found."""

import pytest

from core.question import SQL_FOLDER, read_question
from tests.sql.data import VOTE_COLUMNS
from tests.sql.desk import Desk, files, plain

# A check, the fault that it exists for, and what it then says.
FAULTS = [
    (
        "duplicate_identities",
        f"INSERT INTO votes ({VOTE_COLUMNS}) SELECT {VOTE_COLUMNS} FROM votes "
        "WHERE poll = 'lunch' AND seq = 1",
        [("lunch", "d1", 1, 2)],
    ),
    (
        "lines_kept_twice",
        "INSERT INTO duplicate_votes (line_id, poll, device_id, seq, arrived_at) "
        "VALUES ('p1/0/9/2', 'lunch', 'd1', 1, '2026-11-01 10:09:00')",
        [("p1/0/9/2", 2)],
    ),
    (
        "lines_kept_twice",
        "UPDATE parked_votes SET line_id = '105/0/1' WHERE parked_reason = 'closed_poll'",
        [("105/0/1", 2)],
    ),
    (
        "votes_outside_rules",
        "UPDATE votes SET colour = 'pink' WHERE device_id = 'd1' AND poll = 'cube' AND seq = 1",
        [("cube", "d1", 1, "unknown_colour")],
    ),
    (
        "votes_outside_rules",
        "UPDATE votes SET voted_at = '2026-11-01 09:59:59.999' WHERE poll = 'lunch' AND seq = 1",
        [("lunch", "d1", 1, "closed_poll")],
    ),
    (
        "votes_outside_rules",
        "UPDATE votes SET poll = 'secret' WHERE poll = 'lunch' AND seq = 2",
        [("secret", "d1", 2, "unknown_poll")],
    ),
    (
        "votes_outside_rules",
        "UPDATE votes SET voted_at = '2026-10-20 00:00:00' WHERE device_id = 'd3' AND seq = 1",
        [("cube", "d3", 1, "too_old")],
    ),
    (
        "votes_outside_rules",
        "UPDATE votes SET voted_at = '2026-11-01 11:23:00.001' WHERE device_id = 'd3' AND seq = 2",
        [("cube", "d3", 2, "future_vote")],
    ),
    (
        "load_lines_add_up",
        "UPDATE load_lines SET delivered = delivered + 1 WHERE poll = '-'",
        [("load-1", "-", "2026-11-01T10:06:00", 4, 0, 2, 0, 1)],
    ),
    (
        "loaded_rows",
        "DELETE FROM votes WHERE device_id = 'd4'",
        [("cube", "2026-11-01T11:29:00", 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)],
    ),
    (
        "loaded_rows",
        "DELETE FROM parked_votes WHERE parked_reason = 'not_json' AND line = 1",
        [("-", "2026-11-01T10:06:00", 0.0, 0.0, 1.0, 2.0, 0.0, 0.0)],
    ),
    (
        "rows_without_batch",
        "UPDATE votes SET lane = NULL WHERE device_id = 'd4'",
        [("votes", "cube", "107", 0, 2, "p1", None, 6)],
    ),
    (
        "objects_loaded_twice",
        "INSERT INTO loaded_objects (object_key, load_id, bytes, loaded_at) "
        "VALUES ('votes/2026/11/01/10/a.gz', 'load-3', 900, '2026-11-08 00:00:00')",
        [("votes/2026/11/01/10/a.gz", 2)],
    ),
]


@pytest.mark.parametrize("name", [path.stem for path in files("checks")])
def test_a_check_has_nothing_to_say_of_a_sound_history(history: Desk, name: str) -> None:
    assert plain(history.ask(f"checks/{name}.sql")) == []


@pytest.mark.parametrize(("name", "fault", "found"), FAULTS)
def test_a_check_finds_the_fault_that_it_is_for(
    history: Desk, name: str, fault: str, found: list[tuple[object, ...]]
) -> None:
    with history.undone():
        history.write(fault)
        said = history.write((SQL_FOLDER / "checks" / f"{name}.sql").read_text())
    assert plain(said) == found


def test_every_check_says_what_should_hold_and_has_a_fault_here() -> None:
    for path in files("checks"):
        assert read_question(path).title.endswith(".")
    assert {name for name, _, _ in FAULTS} == {path.stem for path in files("checks")}
    assert SQL_FOLDER.name == "sql"
