"""Compiles the kernel while arsearch is installed, where there is a C compiler; without one, arsearch goes without.

Hatchling runs this for wheels and for editable installs; the extension lands beside its source, which git ignores.
``python hatch_build.py`` does the same by hand.
"""

from __future__ import annotations

import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    BuildHookInterface = object  # type: ignore[assignment, misc]

__all__ = ["KernelBuildHook", "compile_kernel"]

_FOLDER = Path("src/arsearch/kernel")
_MODULE = "arsearch.kernel._native"
_OLDEST_PYTHON = "cp311"
"""Of the stable ABI that the kernel is written for: one build serves this Python and every later one."""


class KernelBuildHook(BuildHookInterface):  # type: ignore[type-arg, misc]
    """Hatchling's hook."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected, and say what kind of wheel that makes."""
        if self.target_name != "wheel":
            return
        library = compile_kernel(Path(self.root))
        if library is not None and version != "editable":
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["pure_python"] = False
            build_data["tag"] = f"{_OLDEST_PYTHON}-abi3-{platform}"
            build_data["artifacts"].append(library.relative_to(self.root).as_posix())


def compile_kernel(root: Path) -> Path | None:
    """Compile the kernel of the source tree *root* in place and return the library; None, with a notice, if not."""
    folder = root / _FOLDER
    for old in (*folder.glob("_native*.so"), *folder.glob("_native*.pyd")):
        old.unlink()  # what does not compile now must not stay as it was compiled before
    try:
        with tempfile.TemporaryDirectory() as work:
            built = _compile(sorted(folder.glob("*.c")), Path(work))
            target = folder / built.name
            target.write_bytes(built.read_bytes())
    except Exception as error:  # whatever a missing or strange compiler does: arsearch works without
        print(f"arsearch: no compiled kernel ({error}); searching goes through NumPy.", file=sys.stderr)
        return None
    return target


def _compile(sources: list[Path], work: Path) -> Path:
    from setuptools import Distribution, Extension
    from setuptools.command.build_ext import build_ext

    # FMA would round otherwise than NumPy does.
    options = [] if sys.platform == "win32" else ["-O3", "-std=c11", "-ffp-contract=off", "-fvisibility=hidden"]
    extension = Extension(_MODULE, [str(path) for path in sources], extra_compile_args=options, py_limited_api=True)
    command = build_ext(Distribution({"ext_modules": [extension]}))
    command.build_lib, command.build_temp = str(work / "lib"), str(work / "temp")
    command.ensure_finalized()
    command.run()
    return Path(command.get_ext_fullpath(_MODULE))


if __name__ == "__main__":
    compile_kernel(Path(__file__).parent)
