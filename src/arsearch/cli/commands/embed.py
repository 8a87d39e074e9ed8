"""The command for machines that only embed."""

from __future__ import annotations

import dataclasses
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import common_options, print_json, say, settings_from
from arsearch.errors import SettingsError

__all__ = ["embed"]


@click.command()
@click.option("--model", help="The model of the index that is being built: 'bundled', or a name or path")
@click.option("--until-done", is_flag=True, help="End when nothing is left to embed, instead of waiting for more")
@common_options
def embed(model: str | None, until_done: bool, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Embed passages for every `arsearch index` that shares its embedding on the cluster.

    Run it on as many machines as there are, once or more on each; all it needs is the model and the cluster. It may be
    killed: what it had begun, others do after a while. Ctrl-C ends it after the passages it has begun.
    """
    from arsearch.backends.opensearch.cluster.client import ClusterClient
    from arsearch.backends.opensearch.publish.embedding import Embedder, Slice
    from arsearch.semantic import load_encoder

    settings = settings_from(config, index=index, model=model)
    if not settings.model:
        raise SettingsError("Say which model to embed with: --model, or the setting model, as for `arsearch index`.")
    encoder = load_encoder(settings.model)
    client = ClusterClient(settings)
    embedder = Embedder(
        client, encoder, settings.opensearch_index, lease_seconds=float(settings.embedding_lease_seconds)
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    began = time.perf_counter()
    total = {"slices": 0, "passages": 0, "embedded": 0}

    def tell(done: Slice) -> None:
        total["slices"] += 1
        for name, value in dataclasses.asdict(done).items():
            total[name] += value
        if not as_json:
            rate = total["embedded"] / (time.perf_counter() - began)
            say(f"{total['slices']} slices, {total['embedded']} passages embedded, {rate:.0f} a second.")

    if not as_json:
        say(f"Embedding with {encoder.name} for {settings.opensearch_index} on {client.address}.")
    with closing(client):
        embedder.work_until(stopped, idle_ends=until_done, done=tell)
    if as_json:
        print_json(total | {"seconds": time.perf_counter() - began})
