"""``arsearch`` as a shell calls it, forked from a process that is ready."""

from __future__ import annotations

import os
import subprocess

from ..ready_process import run_command

ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("ARSEARCH_")}


def arsearch(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_command(arguments, ENVIRONMENT | {"PYTHONUTF8": "1"} | environment)
