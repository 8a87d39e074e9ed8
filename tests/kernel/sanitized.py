"""Runs the tests of the kernel with one that GCC's or Clang's sanitizers watch: ``python -m tests.kernel.sanitized``.

With ``--fuzz SECONDS [SEED]`` the kernel is called with arguments made by chance instead.

A copy of the package in a temporary folder gets a kernel with AddressSanitizer and UndefinedBehaviorSanitizer, so the
one beside the source stays as it is. Whatever they find ends the run with their report and status 1.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g"
_LIBRARIES = ("libasan.so", "libubsan.so", "libstdc++.so.6")
_COMPILE = """import sys, pathlib, hatch_build
sys.exit(not hatch_build.compile_kernel(pathlib.Path(sys.argv[1])))"""


def main(arguments: list[str]) -> int:
    """Compile, run pytest on the tests of the kernel with *arguments*, and return its status."""
    compiler = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    with tempfile.TemporaryDirectory() as work:
        left_out = shutil.ignore_patterns("_native*", "__pycache__")
        package = shutil.copytree(ROOT / "src", Path(work) / "src", ignore=left_out)
        flags = {name: f"{os.environ.get(name, '')} {FLAGS}" for name in ("CFLAGS", "LDFLAGS")}
        compiled = subprocess.run([sys.executable, "-c", _COMPILE, work], cwd=ROOT, env=os.environ | flags, check=False)
        if compiled.returncode:
            return compiled.returncode
        environment = os.environ | {
            "PYTHONPATH": str(package),
            # Python itself is not compiled with them, so their libraries have to be there before it.
            "LD_PRELOAD": " ".join(_library(compiler, name) for name in _LIBRARIES),
            "ASAN_OPTIONS": "detect_leaks=0",  # Python leaves much to the end of the process
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTHONMALLOC": "malloc",  # else what stands beside an object is Python's, and nobody's harm
        }
        tests = ["tests/kernel", "--ignore=tests/kernel/test_build.py", "-p", "no:cacheprovider", "--capture=sys"]
        command = [sys.executable, "-m", "pytest", "-q", *tests, *arguments]
        if arguments[:1] == ["--fuzz"]:
            command = [sys.executable, "-m", "tests.kernel.fuzz", *arguments[1:]]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _library(compiler: str, name: str) -> str:
    """Return the path of a library of *compiler*."""
    found = subprocess.run([compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
