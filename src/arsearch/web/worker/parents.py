"""A process that ends when the one that forked it does, whatever it is doing."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time

__all__ = ["end_with_parent"]

_PR_SET_PDEATHSIG = 1
_LOOK_EVERY_SECONDS = 1.0


def end_with_parent(parent: int) -> None:
    """Have this process end at once when its parent, the process *parent*, has ended.

    On Linux the kernel sees to that (prctl(2), PR_SET_PDEATHSIG), so that neither a lock nor a loop keeps it from
    happening; elsewhere a thread does.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY_SECONDS)
    os._exit(1)
