"""The data folder, its lock, its ports and its logs: who may use them, and what they refuse."""

import multiprocessing
import os
import socket
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from core.errors import AlreadyRunning, DataFolderUnusable, PortTaken
from local.supervise.child_log import ChildLog
from local.supervise.folder import DataFolder
from local.supervise.instance import ChildState, Instance
from local.supervise.lock import InstanceLock, holder
from local.supervise.port import check_free


def _hold(path: Path, pipe: Connection) -> None:
    InstanceLock.acquire(path)
    pipe.send(os.getpid())
    pipe.recv()


def test_a_folder_is_made_and_marked_with_its_version(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "new" / "data")
    folder.prepare()
    folder.prepare()
    assert folder.version.read_text() == "1\n"


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataFolderUnusable, match="opening data folder"):
        DataFolder(tmp_path / "file" / "data").prepare()


def test_a_folder_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("2\n")
    with pytest.raises(DataFolderUnusable, match="version '2'"):
        DataFolder(tmp_path).prepare()


def test_erasing_takes_what_we_made_and_leaves_the_rest(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    folder.kinesis.mkdir()
    folder.tables.write_text("")
    (tmp_path / "tallies.db-wal").write_text("")
    (tmp_path / "outbox-2").mkdir()
    (tmp_path / "letter.txt").write_text("not ours")
    folder.erase()
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_that_we_did_not_make_is_not_erased(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(DataFolderUnusable, match="was not made by"):
        DataFolder(tmp_path).erase()
    assert (tmp_path / "logs").exists()


def test_a_lock_has_one_holder_and_the_kernel_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "run" / "cube.lock"
    path.parent.mkdir()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_hold, args=(path, theirs))
    process.start()
    try:
        assert ours.poll(20)
        pid = ours.recv()
        assert holder(path) == pid
        with pytest.raises(AlreadyRunning, match=str(pid)):
            InstanceLock.acquire(path)
    finally:
        process.kill()
        process.join()
    assert holder(path) is None
    InstanceLock.acquire(path).release()


def test_a_lock_that_was_never_taken_has_no_holder(tmp_path: Path) -> None:
    assert holder(tmp_path / "cube.lock") is None


def test_a_taken_port_is_named_with_its_option() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} \(--aws-port\)"):
            check_free(port, "--aws-port")
    check_free(port, "--aws-port")


def test_an_instance_counts_only_while_its_lock_is_held(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    child = ChildState(name="engine", pid=1, port=2, state="ready", restarts=0, started_ms=3)
    instance = Instance(
        pid=os.getpid(),
        state="ready",
        aws_port=4566,
        dashboard_port=None,
        started_ms=0,
        children=(child,),
    )
    instance.write(folder)
    assert Instance.read(folder) is None
    lock = InstanceLock.acquire(folder.lock)
    assert Instance.read(folder) == instance
    lock.release()


def test_a_log_does_not_outgrow_its_bound(tmp_path: Path) -> None:
    log = ChildLog(tmp_path / "engine.log", bytes_max=100)
    for number in range(50):
        log.write(b"line %02d\n" % number)
    assert log.tail(2) == ["line 48", "line 49"]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 200
    log.close()


def test_the_tail_of_a_log_begins_with_this_run(tmp_path: Path) -> None:
    (tmp_path / "engine.log").write_text("of yesterday\n")
    log = ChildLog(tmp_path / "engine.log")
    assert log.tail(5) == []
    log.write(b"of today\n")
    assert log.tail(5) == ["of today"]
    log.close()
