"""The AWS CLI, which knows nothing of us, is a producer, a reader and an operator."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

AWS = Path(sys.executable).with_name("aws")
VOTE = '{"poll":"cube","device_id":"d","seq":1,"colour":"red","voted_at":1790000000000}\n'


def aws(environment: dict[str, str], *words: str) -> Any:
    """Run the CLI; return its JSON."""
    done = subprocess.run(
        [sys.executable, AWS, *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout.startswith("{") else done.stdout


def test_a_vote_put_with_the_cli_is_read_with_the_cli(environment: dict[str, str]) -> None:
    data = base64.b64encode(VOTE.encode()).decode()
    put = aws(
        environment,
        *("kinesis", "put-record", "--stream-name", "votes"),
        *("--partition-key", "a", "--data", VOTE),
    )
    iterator = aws(
        environment,
        *("kinesis", "get-shard-iterator", "--stream-name", "votes"),
        *("--shard-id", put["ShardId"], "--shard-iterator-type", "TRIM_HORIZON"),
    )["ShardIterator"]
    read = aws(environment, "kinesis", "get-records", "--shard-iterator", iterator)
    assert [record["Data"] for record in read["Records"]] == [data]
    assert read["Records"][0]["SequenceNumber"] == put["SequenceNumber"]


def test_a_table_made_with_the_cli_holds_an_item(environment: dict[str, str]) -> None:
    aws(
        environment,
        *("dynamodb", "create-table", "--table-name", "tallies"),
        *("--attribute-definitions", "AttributeName=pk,AttributeType=S"),
        *("--key-schema", "AttributeName=pk,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST"),
    )
    item = {"pk": {"S": "a"}, "total": {"N": "7"}}
    key = json.dumps({"pk": {"S": "a"}})
    put = ("dynamodb", "put-item", "--table-name", "tallies", "--item", json.dumps(item))
    aws(environment, *put)
    found = aws(environment, "dynamodb", "get-item", "--table-name", "tallies", "--key", key)
    assert found["Item"] == item


def test_files_go_to_a_bucket_and_back(environment: dict[str, str], tmp_path: Path) -> None:
    source, target = tmp_path / "there.txt", tmp_path / "back.txt"
    source.write_text(VOTE)
    aws(environment, "s3", "mb", "s3://cube-lake")
    aws(environment, "s3", "cp", str(source), "s3://cube-lake/votes/a b.txt")
    listing = aws(environment, "s3", "ls", "s3://cube-lake/votes/")
    assert listing.rstrip().endswith("a b.txt")
    aws(environment, "s3", "cp", "s3://cube-lake/votes/a b.txt", str(target))
    assert target.read_text() == VOTE
    aws(environment, "s3", "rm", "s3://cube-lake/votes", "--recursive")
    assert aws(environment, "s3api", "list-objects-v2", "--bucket", "cube-lake").get(
        "Contents"
    ) is (None)
