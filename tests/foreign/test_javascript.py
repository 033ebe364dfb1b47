"""The JavaScript SDK, which knows nothing of us and speaks HTTP/2 to Kinesis, is a client."""

import fcntl
import hashlib
import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from tests.local.wire.running import credentials

SOURCE = Path(__file__).parent / "javascript"
CACHE = Path(__file__).parents[2] / "build" / "javascript"
VOTE = '{"poll":"cube","device_id":"ü","seq":1,"colour":"red","voted_at":1790000000000}\n'


@pytest.fixture(scope="session")
def client() -> Path:
    """Return the script beside the packages it needs; they are installed once per lock file."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine: the JavaScript SDK cannot run")
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(lock).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # workers that test in parallel install it once
        done = folder / ".installed"
        for name in ("package.json", "package-lock.json", "client.mjs"):
            shutil.copy(SOURCE / name, folder / name)
        if not done.exists():
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=110)
            done.touch()
    return folder / "client.mjs"


def test_the_javascript_sdk_puts_and_reads(client: Path, environment: dict[str, str]) -> None:
    dynamodb = boto3.client(  # noqa: TID251 - makes the table for the script
        "dynamodb", endpoint_url=environment["AWS_ENDPOINT_URL"], **credentials()
    )
    dynamodb.create_table(
        TableName="tallies",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.close()
    ran = subprocess.run(
        ["node", client, "votes", "tallies", VOTE],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    now_ms = datetime.now(UTC).timestamp() * 1000  # noqa: TID251 - against the real clock
    assert abs(said.pop("arrived_ms") - now_ms) < 60_000
    assert said == {
        "failed": 0,
        "data": VOTE,
        "total": "7",
        "raw": [0, 255],
        "refusal": "ConditionalCheckFailedException",
    }
