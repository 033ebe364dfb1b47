"""Arguments of `cube` in, the command run and its exit code out: the one place that ends it."""

import importlib
import os
import sys
import traceback
from typing import Any, Final

import click

from local.cli.failure import Failure, failure_of

# Command -> what `cube --help` says of it; its module is imported when the command is used.
_COMMANDS: Final = {
    "up": "Start the engine and the dashboard.",
    "demo": "Start everything, send votes, and show them.",
    "load": "Send votes at a rate and in a pattern.",
    "vote": "Cast one vote.",
    "replay": "Send the votes of a file into a poll.",
    "poll": "Create, list, open and close polls.",
    "tally": "Show a poll's votes by colour.",
    "query": "Ask the warehouse in SQL.",
    "recover": "Bring back what failed on its way, or was parked.",
    "forget": "Put a pseudonym in the place of a device, everywhere.",
    "recount": "Count a poll again from the lake, and add what its tallies lack.",
    "trace": "Say where one vote is, and when it was there.",
    "check": "Prove that no vote was lost or counted twice.",
    "bench": "Measure the speed of a part.",
    "dashboard": "Serve the pages alone, of what runs here or of a stack.",
    "deploy": "Build it all in an AWS account.",
    "bundle": "Make the zips of the functions for Lambda.",
    "plan": "Say what a rate needs on AWS, and what it costs.",
    "chaos": "Strike a true system under load, and count what was lost.",
    "sim": "Run the pipeline in simulated time, with faults.",
    "status": "Show what runs.",
    "pause": "Stop consumers; producers go on.",
    "resume": "Start consumers that were paused.",
    "down": "Stop what `cube up` started.",
    "reset": "Delete the data folder.",
}
_BROKEN_PIPE: Final = 0  # `cube tally | head` is no fault
_INTERRUPTED: Final = 130


class _LazyGroup(click.Group):
    """Imports a command's module when the command is used: `cube --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"local.cli.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command), "a module offers the command of its name"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--cloud", metavar="STACK", help="Speak to a stack on AWS (cube deploy), not here.")
@click.option("--yes", is_flag=True, help="With --cloud: put load on production without asking.")
@click.pass_context
def cube(context: click.Context, cloud: str | None, yes: bool) -> None:
    """Colour Cube: votes in, a live dashboard out, nothing lost.

    \b
    cube demo                     everything at once, until Ctrl-C
    cube up --detach              start in the background
    cube tally --poll cube        what has been counted
    cube --cloud cube check       the same of a stack on AWS
    """
    if cloud is not None:
        from local.cli.cloud import enter

        enter(cloud, str(context.invoked_subcommand), yes=yes)


def main() -> None:
    """Run `cube` as the console does."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; people see one line and a hint, no traceback."""
    try:
        code: Any = cube.main(arguments, prog_name="cube", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except Exception as error:
        failure = failure_of(error)
        if os.environ.get("CUBE_DEBUG"):  # noqa: TID251 - entry point
            traceback.print_exc()
        _show(failure)
        return failure.exit_code
    return code if isinstance(code, int) else 0


def _show(failure: Failure) -> None:
    print(f"error: {failure.message}", file=sys.stderr)
    if failure.hint:
        print(f"hint: {failure.hint}", file=sys.stderr)
