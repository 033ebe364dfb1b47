"""Nothing in, a table of gates on standard output out: `python -m infra.gates`, or `make infra`.

It ends with 0 when nothing is found that the baseline does not accept, with 1 when something is,
and with 3 when a gate cannot run.
"""

import sys
from collections.abc import Sequence

from core.clock import SystemClock
from core.errors import CubeError
from infra.gates.baseline import left_over, read_baseline
from infra.gates.drawn import SOURCES
from infra.gates.finding import Finding
from infra.gates.gate import Report, run_gates


def main() -> int:
    """Run the gates and say what they found; return the exit code."""
    clock = SystemClock()
    started_ms = clock.monotonic_ms()
    try:
        reports = run_gates(SOURCES, clock)
        left = left_over((f for each in reports for f in each.findings), read_baseline())
    except CubeError as error:
        sys.stderr.write(f"error: {error}\nhint: {error.hint}\n")
        return error.exit_code
    sys.stdout.write(table(reports, left))
    took_s = (clock.monotonic_ms() - started_ms) / 1000
    names = ", ".join(f"infra/{source.name}" for source in SOURCES)
    sys.stdout.write(f"{names}: {len(left)} findings in {took_s:.1f} s\n")
    return 1 if left else 0


def table(reports: Sequence[Report], left: Sequence[Finding]) -> str:
    """Return a line a gate, then a line for everything that nobody accepted."""
    lines = [f"{'gate':<13} {'asks':<50} {'found':>5} {'accepted':>8} {'seconds':>7}"]
    for each in reports:
        open_ = sum(finding in left for finding in each.findings)
        accepted = len(each.findings) - open_
        lines.append(
            f"{each.gate:<13} {each.asks:<50} {open_:>5} {accepted:>8} {each.took_s:>7.1f}"
        )
    return "\n".join([*lines, *(f"FOUND {finding}" for finding in left)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
