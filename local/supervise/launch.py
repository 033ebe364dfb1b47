"""A module's name and arguments in, that module run as the main program until its parent is gone.

Children of the supervisor start through this door, so that none outlives a killed supervisor:
standard input is a pipe whose other end only the supervisor holds; its end kills the process.
On Linux the kernel's parent-death signal says the same even to a process that hangs.
"""

import ctypes
import os
import runpy
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def main() -> None:
    module, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)  # everything of ours survives kill -9: there is nothing to tidy up


if __name__ == "__main__":
    main()
