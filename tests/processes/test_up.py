"""`cube up`, `status` and `down` as people use them: real processes, real ports."""

import json
import os
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.processes.desk import Desk, alive, wait_until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


def test_up_status_and_down_leave_nothing_behind(desk: Desk) -> None:
    done = desk.run(*desk.up_words("--detach"))
    assert done.returncode == 0, done.stderr
    assert f"http://127.0.0.1:{desk.aws_port}" in done.stdout
    status = desk.status()
    assert status["state"] == "ready"
    assert status["endpoint"] == f"http://127.0.0.1:{desk.aws_port}"
    (engine,) = status["children"]
    assert (engine["name"], engine["port"], engine["state"]) == ("engine", desk.aws_port, "ready")
    workers = [pid for pids in status["engine"]["functions"].values() for pid in pids]
    assert len(workers) >= 2
    assert all(alive(pid) for pid in [status["pid"], engine["pid"], *workers])
    stopped = desk.down()
    assert (stopped.returncode, stopped.stdout) == (0, "Stopped.\n")
    desk.gone([status["pid"], engine["pid"], *workers])
    desk.nothing_left()
    assert desk.run("status").returncode == 5


def test_the_dashboard_comes_up_beside_the_engine(desk: Desk) -> None:
    desk.up(dashboard=True)
    assert desk.child("dashboard")["state"] == "ready"
    with urllib.request.urlopen(f"http://127.0.0.1:{desk.dashboard_port}/readyz") as answer:
        assert answer.status == 200
    desk.down()
    desk.nothing_left()


def test_a_taken_port_is_named_and_nothing_starts(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", desk.aws_port))
        taken.listen()
        for words in (desk.up_words(), desk.up_words("--detach")):
            done = desk.run(*words)
            assert done.returncode == 3
            assert f"port {desk.aws_port} (--aws-port)" in done.stderr
            assert "hint: " in done.stderr
            assert "Traceback" not in done.stderr
    desk.nothing_left()


def test_a_folder_that_cannot_be_written_is_refused(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    desk.data = tmp_path / "file" / "data"
    done = desk.run(*desk.up_words("--detach"))
    assert done.returncode == 3
    assert done.stderr.startswith("error: opening data folder: ")


def test_a_second_up_on_the_same_folder_is_refused(desk: Desk) -> None:
    desk.up()
    for words in (desk.up_words(), desk.up_words("--detach")):
        done = desk.run(*words)
        assert done.returncode == 3
        assert f"process {desk.status()['pid']} already runs" in done.stderr
    assert desk.status()["state"] == "ready"


def test_a_folder_of_a_newer_version_is_refused(desk: Desk) -> None:
    desk.data.mkdir()
    (desk.data / "version").write_text("99\n")
    done = desk.run(*desk.up_words("--detach"))
    assert done.returncode == 3
    assert "version '99'" in done.stderr


def test_commands_without_an_engine_say_so(desk: Desk) -> None:
    for words in (["tally"], ["check"], ["status"], ["poll", "list"]):
        done = desk.run(*words)
        assert done.returncode == 5, words
        assert done.stderr.splitlines()[-1] == "hint: Start it with `cube up`."


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything_cleanly(desk: Desk, number: signal.Signals) -> None:
    process = desk.start(*desk.up_words())
    assert process.stdout is not None
    assert "AWS endpoint" in process.stdout.readline()
    process.send_signal(number)
    assert process.wait(20) == 0
    desk.nothing_left()


def test_a_second_ctrl_c_ends_it_at_once(desk: Desk) -> None:
    process = desk.start(*desk.up_words())
    assert process.stdout is not None
    process.stdout.readline()
    engine = desk.child("engine")["pid"]
    os.kill(engine, signal.SIGSTOP)  # an engine that does not answer: the first would wait for it
    process.send_signal(signal.SIGINT)
    stopping = '"state":"stopping"'
    note = desk.data / "run" / "instance.json"
    wait_until(lambda: stopping in note.read_text(), "the first Ctrl-C arrives")
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130
    desk.nothing_left()


def test_a_killed_supervisor_takes_everything_with_it(desk: Desk) -> None:
    desk.up()
    status = desk.status()
    os.kill(status["pid"], signal.SIGKILL)
    desk.nothing_left()
    desk.gone([pid for pids in status["engine"]["functions"].values() for pid in pids])
    desk.up()  # the lock went with its holder
    desk.down()


def test_an_engine_that_cannot_start_is_shown_with_its_last_words(desk: Desk) -> None:
    (desk.data / "tallies.db").mkdir(parents=True)
    done = desk.run(*desk.up_words("--detach"))
    assert done.returncode == 3
    assert "error: starting engine: ended with code 3" in done.stderr
    assert "tallies.db" in done.stderr
    desk.nothing_left()


def test_polls_are_made_opened_and_closed(desk: Desk) -> None:
    desk.up()
    made = desk.run("poll", "create", "lunch", "--palette", "Soup,salad")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["palette"] == ["soup", "salad"]
    again = desk.run("poll", "create", "lunch", "--palette", "soup")
    assert json.loads(again.stdout)["version"] == 1
    closed = json.loads(desk.run("poll", "close", "lunch").stdout)
    assert (closed["state"], closed["version"]) == ("closed", 2)
    opened = json.loads(desk.run("poll", "open", "lunch").stdout)
    assert (opened["state"], opened["version"]) == ("open", 3)
    names = [json.loads(line)["poll"] for line in desk.run("poll", "list").stdout.splitlines()]
    assert names == ["cube", "lunch"]
    assert desk.run("poll", "close", "dinner").returncode == 2
    assert desk.run("poll", "create", "No!").returncode == 2
