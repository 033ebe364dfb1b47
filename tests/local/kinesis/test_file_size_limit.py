"""The operating system's own refusal to let a file grow in, a clean 500 and a sound log out."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.kinesis import KinesisService

MakeService = Callable[..., KinesisService]
ReadAll = Callable[..., list[dict[str, Any]]]
SHARD = "shardId-000000000000"

_FILLER = """
import resource, sys
from pathlib import Path
from core.clock import SystemClock
from local.aws_error import AwsError
from local.kinesis import KinesisService
service = KinesisService(Path(sys.argv[1]), SystemClock(), limits_enforced=False)
service.create_stream(StreamName="votes", ShardCount=1)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
for number in range(100):
    data = number.to_bytes(4, "big") * 7_000
    try:
        service.put_record(StreamName="votes", Data=data, PartitionKey="k")
    except AwsError as error:
        assert error.status == 500
        break
    print(number, flush=True)
service.put_record(StreamName="votes", Data=b"\\xff" * 4, PartitionKey="small")
print(255 * 0x1010101, flush=True)
"""


def test_a_file_size_limit_of_the_system_is_a_full_disk(
    tmp_path: Path, make_service: MakeService, read_all: ReadAll
) -> None:
    """The real system call refuses half-way; a smaller record still fits, and all comes back."""
    folder = tmp_path / "full"
    run = subprocess.run(
        [sys.executable, "-c", _FILLER, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # noqa: TID251 - for a child
    )
    acknowledged = [int(line) for line in run.stdout.split()]
    assert len(acknowledged) == 11
    records = read_all(make_service(folder=folder), SHARD)
    assert [int.from_bytes(record["Data"][:4], "big") for record in records] == acknowledged
