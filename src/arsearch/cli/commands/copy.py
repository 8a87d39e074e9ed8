"""The command that moves an index to where it is to be searched from now on."""

from __future__ import annotations

import time
from pathlib import Path

import click

from arsearch.cli.options import ProgressBar, common_options, print_json, settings_from, show

__all__ = ["copy"]


@click.command()
@click.option("--to", type=click.Choice(["opensearch"]), required=True, help="Where the copy is made")
@common_options
def copy(to: str, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Copy the index of this machine to the OpenSearch cluster of the settings, and make it the live one there.

    Articles, words and vectors go over as they are. The index here stays. Set backend = "opensearch" to search there.
    """
    from arsearch.backends.opensearch.publish.copy import copy_index

    settings = settings_from(config, index=index)
    began = time.perf_counter()
    with ProgressBar(" articles") as bar:
        name = copy_index(settings, bar.show)
    seconds = time.perf_counter() - began
    if as_json:
        print_json({"index": str(settings.index), "copy": name, "seconds": seconds})
        return
    show(f"The index {settings.index} is live on the cluster as {name}, after {seconds:.1f} s.")
    show('Search it with the setting backend = "opensearch"; backend = "local" goes back.')
