"""The folder behind the buckets: what tools see, and what a crash or a full disk leaves."""

import errno
import gzip
import os
import subprocess
import threading
from pathlib import Path

import pytest

from core.clock import ManualClock
from local.aws_error import AwsError
from local.s3 import S3Service

BUCKET = "cube-lake"


def keys(s3: S3Service) -> list[str]:
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def read(s3: S3Service, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_zcat_and_ls_read_what_was_put(s3: S3Service, tmp_path: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="votes/2026/a.gz", Body=gzip.compress(b"a vote\n"))
    folder = tmp_path / "objects"
    shown = subprocess.run(["ls", folder], capture_output=True, text=True, check=True).stdout
    text = subprocess.run(
        ["gzip", "-dc", folder / BUCKET / "votes" / "2026" / "a.gz"],
        capture_output=True,
        check=True,
    ).stdout
    assert shown.split() == [BUCKET]
    assert text == b"a vote\n"
    assert files(folder / BUCKET) == ["votes/2026/a.gz"]


@pytest.mark.parametrize("order", [["a", "a/b", "a/b/c", "a/"], ["a/", "a/b/c", "a/b", "a"]])
def test_a_key_may_be_an_object_and_a_prefix(s3: S3Service, order: list[str]) -> None:
    for key in order:
        s3.put_object(Bucket=BUCKET, Key=key, Body=f"{key} 1".encode())
    for key in order:
        s3.put_object(Bucket=BUCKET, Key=key, Body=f"{key} 2".encode())
    assert keys(s3) == ["a", "a/", "a/b", "a/b/c"]
    assert [read(s3, key) for key in order] == [f"{key} 2".encode() for key in order]


def test_deleting_leaves_neighbours_and_no_empty_folders(s3: S3Service, tmp_path: Path) -> None:
    for key in ("a", "a/b", "x/y/z"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="a/b")
    s3.delete_object(Bucket=BUCKET, Key="x/y/z")
    s3.delete_object(Bucket=BUCKET, Key="x/y/z")
    assert keys(s3) == ["a"]
    assert read(s3, "a") == b"1"
    s3.delete_object(Bucket=BUCKET, Key="a")
    assert list((tmp_path / "objects" / BUCKET).iterdir()) == []
    assert files(tmp_path / "objects") == []


def test_everything_is_there_for_the_next_program(tmp_path: Path, clock: ManualClock) -> None:
    first = S3Service(tmp_path, clock)
    first.create_bucket(Bucket=BUCKET)
    first.put_object(Bucket=BUCKET, Key="k", Body=b"1", Metadata={"a": "b"}, ContentType="text/x")
    clock.advance(60_000)
    reply = S3Service(tmp_path, clock).get_object(Bucket=BUCKET, Key="k")
    assert (reply["Metadata"], reply["ContentType"]) == ({"a": "b"}, "text/x")
    assert int(reply["LastModified"].timestamp() * 1000) == clock.now_ms() - 60_000


def test_a_file_that_a_person_puts_there_is_an_object(s3: S3Service, tmp_path: Path) -> None:
    (tmp_path / "objects" / BUCKET / "by-hand.csv").write_bytes(b"1,2\n")
    reply = s3.head_object(Bucket=BUCKET, Key="by-hand.csv")
    assert reply["ETag"] == '"3ecfad755fa825f7a17c5526ec44e651"'
    assert keys(s3) == ["by-hand.csv"]


def test_a_file_that_a_person_changes_gets_a_new_etag(s3: S3Service, tmp_path: Path) -> None:
    before = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1,1\n")["ETag"]
    (tmp_path / "objects" / BUCKET / "k").write_bytes(b"1,2\n")
    assert s3.head_object(Bucket=BUCKET, Key="k")["ETag"] != before


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_disk_that_refuses_is_an_internal_error_and_changes_nothing(
    s3: S3Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old", Metadata={"v": "1"})
    before = files(tmp_path / "objects")

    def refuse(_descriptor: int) -> None:
        raise OSError(fault, os.strerror(fault))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        for key in ("k", "new/key"):
            with pytest.raises(AwsError, match="InternalError") as caught:
                s3.put_object(Bucket=BUCKET, Key=key, Body=b"new")
            assert caught.value.status == 500
    assert files(tmp_path / "objects") == before
    assert read(s3, "k") == b"old"


@pytest.mark.parametrize("refused", range(5))
def test_a_disk_that_refuses_at_any_step_leaves_one_whole_version(
    s3: S3Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    """A put forces four things to disk: the bytes, the headers, and the folders of both."""
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old", Metadata={"v": "old"})
    steps = 0
    real = os.fsync

    def refuse(descriptor: int) -> None:
        nonlocal steps
        steps += 1
        if steps == refused + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        if refused < 4:
            with pytest.raises(AwsError, match="InternalError"):
                s3.put_object(Bucket=BUCKET, Key="k", Body=b"new", Metadata={"v": "new"})
        else:
            s3.put_object(Bucket=BUCKET, Key="k", Body=b"new", Metadata={"v": "new"})
    reply = s3.get_object(Bucket=BUCKET, Key="k")
    expected = "old" if refused < 3 else "new"
    assert (reply["Body"].read(), reply["Metadata"]) == (expected.encode(), {"v": expected})
    assert list((tmp_path / "objects" / ".meta" / ".drafts").iterdir()) == []


def test_a_crash_before_the_rename_leaves_the_old_object_whole(
    s3: S3Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: ManualClock
) -> None:
    """The headers of the new version are on disk by then: they must not be taken for the old."""
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old", Metadata={"v": "1"})
    real = Path.replace

    def crash(self: Path, target: Path) -> Path:
        if self.parent.name == ".drafts":
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", crash)
        with pytest.raises(KeyboardInterrupt):
            s3.put_object(Bucket=BUCKET, Key="k", Body=b"new", Metadata={"v": "2"})
    after = S3Service(tmp_path / "objects", clock).get_object(Bucket=BUCKET, Key="k")
    assert (after["Body"].read(), after["Metadata"]) == (b"old", {"v": "1"})


def test_many_threads_put_and_delete_below_one_folder(s3: S3Service) -> None:
    """A folder may vanish between its making and the rename into it: nothing is lost by that."""
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(25):
                key = f"p/{turn % 3}/{number}"
                s3.put_object(Bucket=BUCKET, Key=key, Body=b"%d" % turn)
                assert read(s3, key) == b"%d" % turn
                s3.delete_object(Bucket=BUCKET, Key=key)
            s3.put_object(Bucket=BUCKET, Key=f"p/0/{number}", Body=b"end")
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures
    assert keys(s3) == [f"p/0/{number}" for number in range(4)]
