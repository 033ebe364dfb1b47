"""Words on the command line in, the KCL's daemon running over a stream of votes out.

`python -m processors.kcl_worker --write FILE` makes a properties file from the settings;
`python -m processors.kcl_worker --properties FILE` becomes the daemon, which starts
`processors.kcl_shard` for each shard it has the lease of. Needs Java 17 and the extra `kcl`.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from core.errors import CubeError, Misconfigured
from core.settings import Settings
from processors.kcl_properties import WorkerPlaces, properties_text

DAEMON: Final = "software.amazon.kinesis.multilang.MultiLangDaemon"
_REGION: Final = "us-east-1"


def main(words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Write a properties file, or print or become the daemon."""
    options = read_options(words)
    if options.write is not None:
        options.write.write_text(properties_text(places_of(options, environment)))
        return
    command = daemon_command(options.properties, environment, log=options.log_configuration)
    if options.print:
        print(" ".join(command))  # noqa: T201 - what was asked for
        return
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - signals reach the daemon itself


def read_options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m processors.kcl_worker")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--properties", type=Path, help="start the daemon with this file")
    what.add_argument("--write", type=Path, help="write such a file from the settings")
    parser.add_argument("--print", action="store_true", help="print the daemon's command only")
    parser.add_argument("--log-configuration", type=Path, help="logback.xml for the daemon")
    parser.add_argument("--application", default="cube-tally", help="names the table of leases")
    parser.add_argument("--kinesis-endpoint", help="default: AWS_ENDPOINT_URL, else AWS")
    parser.add_argument("--leases-endpoint", help="DynamoDB of the leases; default: AWS")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], help="any other property"
    )
    return parser.parse_args(words)


def places_of(options: argparse.Namespace, environment: Mapping[str, str]) -> WorkerPlaces:
    """Return what the words and the environment say; raise Misconfigured."""
    changes: dict[str, str] = {}
    for pair in options.set:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Misconfigured(f"reading --set: {pair!r} is not NAME=VALUE")
        changes[name.strip()] = value
    return WorkerPlaces(
        stream=Settings.from_env(environment).stream,
        application=options.application,
        region=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or _REGION,
        python=sys.executable,
        kinesis_endpoint=options.kinesis_endpoint or environment.get("AWS_ENDPOINT_URL"),
        leases_endpoint=options.leases_endpoint,
        changes=changes,
    )


def daemon_command(
    properties: Path, environment: Mapping[str, str], *, log: Path | None = None
) -> list[str]:
    """Return the words that start the daemon; raise Misconfigured when a part is not there."""
    for file in (properties, log):
        if file is not None and not file.is_file():
            raise Misconfigured(f"starting the KCL's daemon: there is no file {file}")
    folders = [f"{home}/bin"] if (home := environment.get("JAVA_HOME")) else []
    folders.append(environment.get("PATH", ""))
    java = shutil.which("java", path=os.pathsep.join(folders))
    if java is None:
        raise Misconfigured(
            "starting the KCL's daemon: no Java here; apt-get install default-jre-headless"
        )
    words = [java, "-Dfile.encoding=UTF-8", "-cp", f"{jars()}/*", DAEMON]
    words += ["--properties-file", str(properties)]
    return words + (["--log-configuration", str(log)] if log is not None else [])


def jars() -> Path:
    """Return the folder of the daemon's jars, which amazon_kclpy brings."""
    spec = find_spec("amazon_kclpy")
    folders = [Path(folder) / "jars" for folder in (spec and spec.submodule_search_locations) or ()]
    for folder in folders:
        if any(folder.glob("*.jar")):
            return folder
    raise Misconfigured("starting the KCL's daemon: no jars here; pip install 'colour-cube[kcl]'")


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)  # noqa: TID251 - entry point
    except CubeError as error:
        print(f"error: {error}\nhint: {error.hint}", file=sys.stderr)  # noqa: T201 - last words
        sys.exit(error.exit_code)
