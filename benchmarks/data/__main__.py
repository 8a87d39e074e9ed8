"""The command ``make data``: ``python -m benchmarks.data [--data FOLDER] [NAME DOWNLOAD]``.

Without a name it says of every set where it is published and under which licence. With one it converts a download.
Only Python's own library is used: nothing has to be installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.data.catalogue import DATA_SETS, DataSet
from benchmarks.data.files import ConversionError

_INTRODUCTION = """\
Tests, benchmarks and training use data that others published. None of it is part of this project, and nothing is
downloaded for you: read the licence, download a set, and let it be put into shape. What is there lies in {data}.

    make data SET=ant-news FROM=antcorpus.data-master.zip

FROM is a file, a folder or an archive. Tests that need what is not there are skipped and say so.
"""


def describe(data_set: DataSet, data: Path) -> str:
    """Say all about a set, in lines to print."""
    state = "here" if (data / data_set.path).exists() else "not here"
    return (
        f"{data_set.name} ({state}): {data_set.what}\n"
        f"    becomes    {data_set.path}\n"
        f"    published  {data_set.published}\n"
        f"    download   {data_set.download}\n"
        f"    licence    {data_set.licence}\n"
        f"    used for   {data_set.use}\n"
    )


def main(arguments: list[str] | None = None) -> int:
    """Explain, or convert. Returns the exit status: 0 done, 1 failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    parser.add_argument("name", nargs="?", choices=[each.name for each in DATA_SETS if each.convert])
    parser.add_argument("download", nargs="?", type=Path)
    asked = parser.parse_args(arguments)
    if asked.name is None:
        print("\n".join([_INTRODUCTION.format(data=asked.data), *(describe(each, asked.data) for each in DATA_SETS)]))
        return 0
    if asked.download is None:
        parser.error(f"which download is {asked.name} made from? make data SET={asked.name} FROM=...")
    [data_set] = [each for each in DATA_SETS if each.name == asked.name]
    target = asked.data / data_set.path
    assert data_set.convert is not None
    try:
        count = data_set.convert(asked.download, target)
    except (ConversionError, OSError) as error:
        print(f"{asked.name} was not made: {error}. `make data` says what to download.", file=sys.stderr)
        return 1
    print(f"{count:,} records in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
