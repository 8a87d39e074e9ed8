"""Print what an extra of this project needs and what arsearch itself does, one requirement a line.

`python .ci/requirements.py dev`: for installing that before arsearch.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

_OURS = re.compile(r"arsearch\[([\w, -]+)\]")


def requirements(project: dict[str, object], extra: str) -> set[str]:
    """Return the requirements of *extra*, with those of the extras that it names."""
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    found: set[str] = set()
    for requirement in extras[extra]:
        ours = _OURS.fullmatch(requirement)
        if ours is None:
            found.add(requirement)
        else:
            for name in ours[1].split(","):
                found |= requirements(project, name.strip())
    return found


if __name__ == "__main__":
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8"))
    build, core = project["build-system"]["requires"], project["project"]["dependencies"]
    print("\n".join(sorted({*build, *core, *requirements(project["project"], sys.argv[1])})))  # noqa: T201
