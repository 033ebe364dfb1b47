"""`cube query`: what people and pipes see, which words are refused, and with which exit code."""

import csv
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.question import read_questions
from local.cli import main
from tests.contracts.test_warehouse_client import ENDLESS, ODD_TEXTS
from tests.dashboard.wait import until
from tests.sql.data import ODD_REGION
from tests.sql.desk import Desk, served

COLOURS = "SELECT colour, COUNT(*) AS votes FROM votes WHERE poll = 'lunch' GROUP BY 1 ORDER BY 1"


@pytest.fixture(scope="module")
def history() -> Iterator[Desk]:
    with served() as desk:
        yield desk


@pytest.fixture(autouse=True)
def place(history: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBE_WAREHOUSE_PORT", str(history.port))


def run(*words: str, stdin: str | None = None) -> Result:
    """Run `cube query` into a pipe."""
    return CliRunner().invoke(main.cube, ["query", *words], input=stdin)


def code_of(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the exit code and what was said on standard error."""
    code = main.run(["query", *words])
    return code, capsys.readouterr().err


def test_a_pipe_gets_one_json_object_a_row() -> None:
    result = run(COLOURS)
    assert result.exit_code == 0
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert rows == [{"colour": "salad", "votes": 1}, {"colour": "soup", "votes": 1}]
    assert result.stderr.startswith("2 rows in ")


def test_json_has_nulls_moments_decimals_and_two_columns_of_one_name() -> None:
    result = run(
        "SELECT NULL AS n, CAST('2026-11-01 10:00:00.250' AS TIMESTAMP) AS m, "
        "CAST(1.50 AS NUMERIC(5, 2)) AS d, CAST('2026-11-01' AS DATE) AS e, TRUE AS b, "
        "1 AS x, 2 AS x"
    )
    expected = '{"n":null,"m":"2026-11-01T10:00:00.250Z","d":1.50,"e":"2026-11-01","b":true,'
    assert result.stdout == f'{expected}"x":1,"x_2":2}}\n'


def test_csv_has_a_header_and_quotes_what_needs_it() -> None:
    result = run(
        "--csv", "SELECT 'a,\"b\"' AS t, NULL AS n, 1.5::FLOAT AS f, SYSDATE IS NULL AS b, "
        "CAST('2026-11-01' AS TIMESTAMP) AS m"
    )  # fmt: skip
    found = list(csv.reader(io.StringIO(result.stdout)))
    assert found == [
        ["t", "n", "f", "b", "m"],
        ['a,"b"', "", "1.5", "false", "2026-11-01T00:00:00Z"],
    ]


def test_sql_comes_from_standard_input_too() -> None:
    assert run("-", stdin="-- a remark\nSELECT 1 AS one;\n").stdout == '{"one":1}\n'


def test_a_question_is_asked_by_its_name_or_its_file() -> None:
    words = ["--param", "poll=lunch", "--param", "from=2026-11-01T10:05", "--csv"]
    expected = "hour,colour,votes\n2026-11-01T10:00:00Z,salad,1\n"
    assert run("--file", "votes_by_hour", *words).stdout == expected
    assert run("--file", "sql/questions/votes_by_hour.sql", *words).stdout == expected


def test_a_list_is_given_a_value_at_a_time() -> None:
    result = run(
        "--file", "votes_by_colour", "--param", f"regions={ODD_REGION}", "--param", "regions=south"
    )  # fmt: skip
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert {row["colour"]: row["votes"] for row in rows} == {
        "red": 1,
        "green": 1,
        "blue": 1,
        "pink": 1,
    }


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_a_parameter_is_data_whatever_it_says(text: str) -> None:
    result = run("SELECT :it AS it", "--param", f"it={text}")
    assert json.loads(result.stdout) == {"it": text}
    assert run("--file", "votes_by_hour", "--param", f"poll={text}").stdout == ""
    counted = run("SELECT COUNT(*) AS votes FROM votes")
    assert json.loads(counted.stdout) == {"votes": 11}


def test_a_file_of_ones_own_needs_no_header(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text("SELECT COUNT(*) AS n FROM votes WHERE poll = :p;\n")
    result = run("--file", str(tmp_path / "mine.sql"), "--param", "p=lunch")
    assert result.stdout == '{"n":2}\n'


def test_the_list_shows_every_question_and_its_parameters() -> None:
    listed = [json.loads(line) for line in run("--list").stdout.splitlines()]
    assert [each["name"] for each in listed] == list(read_questions())
    by_name = {each["name"]: each for each in listed}
    assert by_name["parked_by_reason"]["parameters"][0] == {
        "name": "poll",
        "kind": "text",
        "default": None,
        "required": False,
        "help": "Poll; none: all, and the lines that name none",
    }


def test_rows_are_bounded_and_a_note_says_so() -> None:
    result = run("SELECT seq FROM votes ORDER BY seq DESC", "--limit", "2")
    assert result.stdout == '{"seq":3}\n{"seq":3}\n'
    assert result.stderr.endswith("note: there are more rows; --limit says how many to show\n")


def test_explain_shows_the_plan_and_runs_nothing() -> None:
    result = run("--explain", COLOURS)
    assert result.exit_code == 0
    assert result.stdout


def test_writing_has_to_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = code_of(capsys, "CREATE TABLE mine (a INTEGER)")
    assert code == 2
    assert said == (
        "error: reading SQL: CREATE does not only read\n"
        "hint: One SELECT, WITH, SHOW or EXPLAIN at a time; `cube query --write` sends anything.\n"
    )
    script = "CREATE TABLE mine (a INTEGER); INSERT INTO mine VALUES (1), (2); SELECT * FROM mine"
    result = run("--write", script)
    assert sorted(result.stdout.splitlines()) == ['{"a":1}', '{"a":2}']
    assert result.stderr.count("done in ") == 2
    assert run("--write", "DROP TABLE mine").exit_code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "give SQL, or --file, or --list"),
        (["SELECT 1", "--file", "x"], "give SQL, or --file, or --list"),
        (["--file", "nothing"], "there is no question 'nothing'"),
        (["--file", "votes_by_hour", "--param", "pol=x"], "votes_by_hour has no :pol"),
        (["--file", "votes_by_hour", "--param", "from=x"], ":from: reading time: 'x' is none"),
        (["--file", "votes_by_hour", "--param", "poll"], "'poll' is no NAME=VALUE"),
        (["SELECT :a"], ":a is not given"),
        (["SELECT :a", "--param", "a=1", "--param", "a=2"], ":a is given twice"),
        (["SELECT 1; SELECT 2"], "2 statements, not one"),
        ([""], "0 statements, not one"),
        (["SELECT 'x"], "' is not closed"),
        (["DROP TABLE votes"], "DROP does not only read"),
        (["--explain", "DELETE FROM votes"], "EXPLAIN of something that is no SELECT"),
    ],
)
def test_words_that_are_off_end_with_2(
    capsys: pytest.CaptureFixture[str], words: list[str], why: str
) -> None:
    code, said = code_of(capsys, *words)
    assert code == 2
    assert said.startswith("error: ")
    assert why in said.splitlines()[0]


def test_a_file_that_cannot_be_read_ends_with_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, said = code_of(capsys, "--file", str(tmp_path / "none.sql"))
    assert code == 3
    assert said.startswith("error: reading question: ")


def test_what_the_warehouse_refuses_ends_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = code_of(capsys, "SELECT * FROM nothing_such")
    assert code == 5
    assert said.startswith("error: querying warehouse: ")
    assert "nothing_such" in said.splitlines()[0]


def test_a_query_that_takes_too_long_ends_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    code, said = code_of(capsys, ENDLESS, "--timeout", "0.3")
    assert code == 5
    assert said.endswith("hint: Ask about less time, or give it longer: --timeout.\n")


def test_a_warehouse_that_is_away_ends_with_5(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CUBE_WAREHOUSE_PORT", "1")
    code, said = code_of(capsys, "SELECT 1")
    assert code == 5
    assert said.startswith("error: connecting to warehouse: ")
    assert "cube status" in said
    monkeypatch.delenv("CUBE_WAREHOUSE_PORT")
    code, said = code_of(capsys, "SELECT 1", "--data", str(tmp_path))
    assert code == 5
    assert said.startswith("error: looking for the warehouse: nothing runs in ")


@pytest.mark.parametrize(
    ("name", "value"),
    [("API", "odbc"), ("PORT", "x"), ("TLS", "maybe"), ("PASSWORD", "wrong"), ("USER", "nobody")],
)
def test_a_setting_that_is_off_ends_with_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"CUBE_WAREHOUSE_{name}", value)
    assert code_of(capsys, "SELECT 1")[0] == 3


def heard() -> None:
    """Let Ctrl-C be heard, though these tests may run where a shell has it ignored (`... &`)."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_the_query_in_the_warehouse_too(history: Desk) -> None:
    history.client.close()
    until(lambda: history.connections() == 0)
    words = [sys.executable, "-m", "local", "query", ENDLESS]
    asking = subprocess.Popen(words, stderr=subprocess.PIPE, preexec_fn=heard)
    try:
        until(lambda: history.connections() == 1)
        started = time.process_time()  # the warehouse counts in this process
        until(lambda: time.process_time() - started > 0.5)
        asking.send_signal(signal.SIGINT)
        assert asking.wait(timeout=15) == 130
        until(lambda: history.connections() == 0)
    finally:
        asking.kill()
        asking.communicate()
