"""A folder in, the engine, a table for leases and KCL daemons on it out: for tests."""

import json
import os
import select
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, Final, NamedTuple

from local.cli.clients import client_at
from local.supervise.children import local_aws_environment
from tests.processes.desk import MACHINE, free_port, wait_until

ROOT: Final = Path(__file__).resolve().parents[2]
STREAM: Final = "votes"
TABLE: Final = "tallies"
APPLICATION: Final = "fleet"
SHARD_END: Final = "SHARD_END"
# Quick on a desk; on AWS the KCL's own times do. Two workers share evenly, and a dead one's leases
# move, in the older mode of assignment: in the newer the leader's lock alone lives two minutes.
HASTE: Final = {
    "clientVersionConfig": "CLIENT_VERSION_CONFIG_COMPATIBLE_WITH_2X",
    "failoverTimeMillis": "3000",
    "idleTimeBetweenReadsInMillis": "200",
    "maxLeasesToStealAtOneTime": "2",
    "parentShardPollIntervalMillis": "500",
    "shardSyncIntervalMillis": "1000",
    "shutdownGraceMillis": "4000",  # a shard that has ended is waited for in vain
}
QUIET: Final = """<configuration>
  <appender name="CONSOLE" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d %-5level %logger{36} - %msg%n</pattern></encoder>
  </appender>
  <logger name="software.amazon.kinesis.leases.dynamodb.DynamoDBLeaseTaker" level="INFO"/>
  <logger name="software.amazon.kinesis.multilang.DrainChildSTDERRTask" level="OFF"/>
  <root level="WARN"><appender-ref ref="CONSOLE"/></root>
</configuration>
"""
SMALL_JAVA: Final = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m"


class Lease(NamedTuple):
    """A row of the KCL's table."""

    shard: str
    owner: str | None
    checkpoint: str
    subsequence: int


class Fleet:
    """What was started; `end` ends all of it, each by its own process group."""

    def __init__(self, folder: Path, *, shards: int) -> None:
        self.folder = folder
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        leases_port = free_port()
        leases = self._start("leases", ["-m", "ministack"], self._ministack(leases_port))
        words = ["-m", "tests.kcl.engine", "--data", str(folder / "data"), "--shards", str(shards)]
        engine = self._start("engine", words, MACHINE, pipe=True)
        assert engine.stdout is not None
        readable, _, _ = select.select([engine.stdout], [], [], 30)
        assert readable, self.tail("engine")
        self.endpoint = f"http://127.0.0.1:{json.loads(engine.stdout.readline())['port']}"
        self.leases_endpoint = f"http://127.0.0.1:{leases_port}"
        wait_until(lambda: self._answers(leases), "ministack answers")
        self.kinesis: Any = client_at("kinesis", self.endpoint)
        self.dynamodb: Any = client_at("dynamodb", self.endpoint)
        self._leases: Any = client_at("dynamodb", self.leases_endpoint)
        self._make_leases()

    def start_worker(self, name: str) -> None:
        """Write a worker's properties and start it, as its user would."""
        properties = self.folder / f"{name}.properties"
        environment = {
            **MACHINE,
            **local_aws_environment(self.endpoint),
            "JAVA_TOOL_OPTIONS": SMALL_JAVA,
        }
        module = ["-m", "processors.kcl_worker"]
        words = ["--write", str(properties), "--application", APPLICATION]
        words += ["--leases-endpoint", self.leases_endpoint]
        for choice, value in (HASTE | {"workerId": name}).items():
            words += ["--set", f"{choice}={value}"]
        subprocess.run(
            [sys.executable, *module, *words], cwd=ROOT, env=environment, check=True, timeout=30
        )
        quiet = self.folder / "logback.xml"
        quiet.write_text(QUIET)
        start = [*module, "--properties", str(properties), "--log-configuration", str(quiet)]
        self.workers[name] = self._start(name, start, environment)

    def kill(self, name: str) -> None:
        """Kill a daemon and the process of one of its shards; the others must end by themselves."""
        worker = self.workers.pop(name)
        shards = [pid for pid in members(worker.pid) if pid != worker.pid]
        for pid in (worker.pid, *shards[:1]):
            os.kill(pid, signal.SIGKILL)
        worker.wait()
        wait_until(lambda: not members(worker.pid), f"nothing of {name} is left")

    def stop(self, *names: str) -> list[int]:
        """Ask daemons to end, and return their exit codes."""
        workers = [self.workers.pop(name) for name in names]
        for worker in workers:
            worker.terminate()
        codes = [worker.wait(timeout=30) for worker in workers]
        wait_until(
            lambda: not any(members(worker.pid) for worker in workers), "nothing of them is left"
        )
        return codes

    def leases(self) -> dict[str, Lease]:
        found = (
            Lease(
                item["leaseKey"]["S"],
                item["leaseOwner"]["S"] if "leaseOwner" in item else None,
                item["checkpoint"]["S"],
                int(item["checkpointSubSequenceNumber"]["N"]),
            )
            for item in self._leases.scan(TableName=APPLICATION, ConsistentRead=True)["Items"]
        )
        return {lease.shard: lease for lease in found}

    def owned(self, name: str, *, saved: bool = False) -> set[str]:
        """Return the shards that a worker reads; `saved`: of which it has saved a position."""
        return {
            lease.shard
            for lease in self.leases().values()
            if lease.owner == name
            and lease.checkpoint != SHARD_END
            and (lease.checkpoint.isdigit() or not saved)
        }

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def tail(self, name: str) -> str:
        return "\n".join(self.log(name).splitlines()[-40:])

    def end(self) -> None:
        """End whatever is left."""
        for process in self._started:
            for pid in members(process.pid):
                os.kill(pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _start(
        self, name: str, words: list[str], environment: dict[str, str], *, pipe: bool = False
    ) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else log,
                stderr=log,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def _ministack(self, port: int) -> dict[str, str]:
        """Return its environment: one service, on the loopback alone, nothing kept."""
        return {
            **MACHINE,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SERVICES": "dynamodb",
            "TMPDIR": str(self.folder),
        }

    def _answers(self, leases: subprocess.Popen[bytes]) -> bool:
        assert leases.poll() is None, self.tail("leases")
        try:
            with urllib.request.urlopen(f"{self.leases_endpoint}/_ministack/health", timeout=1):
                return True
        except OSError:
            return False

    def _make_leases(self) -> None:
        """Make the table as a first worker would, which waits up to 30 s before it does."""
        self._leases.create_table(
            TableName=APPLICATION,
            KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for shard in self.kinesis.list_shards(StreamName=STREAM)["Shards"]:
            hashes = shard["HashKeyRange"]
            item = {
                "leaseKey": {"S": shard["ShardId"]},
                "checkpoint": {"S": "TRIM_HORIZON"},
                "checkpointSubSequenceNumber": {"N": "0"},
                "leaseCounter": {"N": "0"},
                "ownerSwitchesSinceCheckpoint": {"N": "0"},
                "startingHashKey": {"S": hashes["StartingHashKey"]},
                "endingHashKey": {"S": hashes["EndingHashKey"]},
            }
            self._leases.put_item(TableName=APPLICATION, Item=item)


def members(group: int) -> list[int]:
    """Return the processes of a group that run."""
    listed = subprocess.run(
        ["ps", "-axo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listed.splitlines())
    return [int(pid) for pid, of, state in rows if int(of) == group and state[0] != "Z"]
