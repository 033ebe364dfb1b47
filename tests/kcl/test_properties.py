"""Settings in, a properties file out that Java reads as it was meant, and the daemon's command."""

import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Misconfigured
from processors import kcl_worker
from processors.kcl_properties import CHOICES, WorkerPlaces, properties_text
from processors.kcl_worker import daemon_command, main

ENVIRONMENT = {"CUBE_STREAM": "ballots", "AWS_REGION": "eu-west-1"}


def places(**changes: str) -> WorkerPlaces:
    return WorkerPlaces(
        stream="votes",
        application="app",
        region="us-east-1",
        python="python3",
        changes=changes,
    )


def read_properties(text: str) -> dict[str, str]:
    """Read the file as java.util.Properties does."""
    pairs = (
        re.split(r"[ \t\f]*[=:][ \t\f]*", line, maxsplit=1)
        for line in text.splitlines()
        if not line.startswith("#")
    )

    def unescaped(value: str) -> str:
        found = re.sub(
            r"\\(?:u([0-9a-f]{4})|(.))",
            lambda escape: chr(int(escape[1], 16)) if escape[1] else escape[2],
            value,
        )
        return found.encode("utf-16", "surrogatepass").decode("utf-16")

    return {name: unescaped(value) for name, value in pairs}


@given(st.text(min_size=1).filter(lambda text: text.isprintable() and text.strip() == text))
def test_java_reads_back_what_was_written(value: str) -> None:
    text = properties_text(places(anything=value))
    assert text.isascii()
    assert read_properties(text)["anything"] == value


@pytest.mark.parametrize("value", ["", "  ", "a\nstreamName = other", "\x00", "\u2028"])
def test_a_value_that_would_be_another_line_is_refused(value: str) -> None:
    with pytest.raises(Misconfigured):
        properties_text(places(anything=value))


@pytest.mark.parametrize("name", ["", "a b", "#a", "a=b", "a\nb"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured):
        properties_text(places(**{name: "value"}))


def test_a_python_with_a_blank_in_its_path_is_refused() -> None:
    blank = WorkerPlaces(stream="votes", application="app", region="r", python="/my files/python")
    with pytest.raises(Misconfigured, match="blanks"):
        properties_text(blank)


def test_a_choice_can_be_changed_and_stands_there_once() -> None:
    text = properties_text(places(maxRecords="50"))
    assert read_properties(text)["maxRecords"] == "50"
    assert len(re.findall("^maxRecords", text, flags=re.MULTILINE)) == 1
    assert set(CHOICES) < set(read_properties(text))


def test_on_aws_no_endpoint_is_named(tmp_path: Path) -> None:
    file = tmp_path / "worker.properties"
    main(["--write", str(file)], ENVIRONMENT)
    written = read_properties(file.read_text())
    assert written["streamName"] == "ballots"
    assert written["regionName"] == "eu-west-1"
    assert written["executableName"] == f"{sys.executable} -m processors.kcl_shard"
    assert not [name for name in written if "ndpoint" in name]


def test_the_local_engine_has_the_stream_and_somebody_else_the_leases(tmp_path: Path) -> None:
    file = tmp_path / "worker.properties"
    words = ["--write", str(file), "--leases-endpoint", "http://127.0.0.1:2", "--set", "workerId=w"]
    main(words, {**ENVIRONMENT, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    written = read_properties(file.read_text())
    assert written["kinesisEndpoint"] == "http://127.0.0.1:1"
    assert written["dynamoDBEndpoint"] == "http://127.0.0.1:2"
    assert written["workerId"] == "w"


def test_parts_of_an_aggregate_are_never_dropped_by_the_daemon() -> None:
    written = read_properties(properties_text(places()))
    assert written["skipShardSyncAtWorkerInitializationIfLeasesExist"] == "true"


def test_the_command_can_be_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    java, file = a_java(tmp_path), tmp_path / "worker.properties"
    main(["--write", str(file)], ENVIRONMENT)
    main(["--properties", str(file), "--print"], {"PATH": "", "JAVA_HOME": str(tmp_path)})
    words = capsys.readouterr().out.split()
    assert words[0] == str(java)
    assert words[-3:] == [kcl_worker.DAEMON, "--properties-file", str(file)]
    log = tmp_path / "logback.xml"
    log.touch()
    assert daemon_command(file, {"JAVA_HOME": str(tmp_path)}, log=log)[-1] == str(log)
    assert any(kcl_worker.jars().glob("amazon-kinesis-client-multilang-*.jar"))


def a_java(home: Path) -> Path:
    java = home / "bin" / "java"
    java.parent.mkdir()
    java.touch(mode=0o755)
    return java


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "worker.properties"
    with pytest.raises(Misconfigured, match="no file"):
        daemon_command(file, {})
    main(["--write", str(file)], ENVIRONMENT)
    with pytest.raises(Misconfigured, match=r"no file .*logback\.xml"):
        daemon_command(file, {}, log=tmp_path / "logback.xml")
    with pytest.raises(Misconfigured, match="default-jre-headless"):
        daemon_command(file, {"PATH": str(tmp_path)})
    a_java(tmp_path)
    monkeypatch.setattr(kcl_worker, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="jars"):
        daemon_command(file, {"JAVA_HOME": str(tmp_path)})


def test_a_pair_without_an_equals_sign_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="NAME=VALUE"):
        main(["--write", str(tmp_path / "w"), "--set", "workerId"], ENVIRONMENT)
