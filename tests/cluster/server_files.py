"""The files of OpenSearch for the tests, put together from Maven Central and kept in the user's cache folder.

`python3 tests/cluster/server_files.py` fetches what is not there. Only the standard library is used, so that works
before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SECURITY", "VERSION", "CannotRunError", "cached", "fetch", "fetch_security"]

VERSION = "2.19.1"
"""OpenSearch's version; the same stands in pom.xml and security.pom.xml."""

SECURITY = "opensearch-security"
"""The security plugin."""

PAINLESS_DESCRIPTOR = f"""\
description=The scripting language Painless
version={VERSION}
name=lang-painless
classname=org.opensearch.painless.PainlessPlugin
java.version=11
opensearch.version={VERSION}
has.native.controller=false
"""

# Painless compiles scripts to classes and has to load them.
PAINLESS_POLICY = """\
grant {
  permission java.lang.RuntimePermission "createClassLoader";
  permission java.lang.RuntimePermission "getClassLoader";
};
"""


class CannotRunError(Exception):
    """This machine cannot run OpenSearch; the message says what is missing."""


def cached() -> Path:
    """Where the server is kept between runs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "arsearch" / f"opensearch-{VERSION}"


def fetch() -> Path:
    """The server's folder, downloaded with Maven unless it is in the cache.

    Raises:
        CannotRunError: if Maven is missing or fails.
    """
    home = cached()
    if home.is_dir():
        return home
    with _packaged("pom.xml", home) as folder:
        made = folder / home.name
        painless = made / "modules" / "lang-painless"
        painless.joinpath("plugin-descriptor.properties").write_text(PAINLESS_DESCRIPTOR, encoding="utf-8")
        painless.joinpath("plugin-security.policy").write_text(PAINLESS_POLICY, encoding="utf-8")
        _keep(made, home)
    return home


def fetch_security() -> Path:
    """The folder of the security plugin, which only some tests load; downloaded with Maven unless it is in the cache.

    Raises:
        CannotRunError: if Maven is missing or fails.
    """
    home = cached().with_name(f"{SECURITY}-{VERSION}.0")
    if not home.is_dir():
        with _packaged("security.pom.xml", home) as folder:
            _keep(folder / SECURITY, home)
    return home


@contextlib.contextmanager
def _packaged(project: str, home: Path) -> Iterator[Path]:
    """Have Maven make what *project* makes, in a folder beside *home* that goes afterwards."""
    maven = shutil.which("mvn")
    if maven is None:
        raise CannotRunError(f"there is no {home}, and no Maven to fetch it with")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as folder:
        command = [maven, "--quiet", "--batch-mode", "--file", str(Path(__file__).with_name(project))]
        job = subprocess.run([*command, "package", f"-Dfolder={folder}"], capture_output=True, text=True, check=False)
        if job.returncode:
            raise CannotRunError(f"Maven could not fetch {home.name}: {(job.stdout + job.stderr)[:2000]}")
        yield Path(folder)


def _keep(made: Path, home: Path) -> None:
    """Move *made* to *home*. Two runs may have fetched at once; the first one stays."""
    with contextlib.suppress(FileExistsError, OSError):
        made.rename(home)


def main() -> int:
    """Fetch both, and print where they are."""
    try:
        print(fetch(), fetch_security(), sep="\n")  # noqa: T201
    except CannotRunError as error:
        print(f"No cluster here: {error}.", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
