"""What a tied child runs first: it ties itself to its parent, then becomes its command (see rag/runtime/processes.py).

Usage: python shim.py PARENT-PID SIGNAL COMMAND… — a script of its own, so that it starts fast, without imports of ours.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>; survives exec


def main(parent: int, death_signal: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it died before we were tied: nobody would end us
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
