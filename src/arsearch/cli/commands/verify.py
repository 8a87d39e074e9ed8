"""``arsearch verify``: every byte, the parts against each other, a sample against the articles."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path

import click

from arsearch.cli.options import FAILED, ProgressBar, common_options, print_json, say, settings_from, show

__all__ = ["verify"]


@click.command()
@click.option(
    "--sample", type=click.IntRange(min=0), default=200, show_default=True,
    help="Articles, chosen by chance, whose text is analysed and embedded again to compare it with what is stored",
)  # fmt: skip
@common_options
def verify(sample: int, index: Path | None, config: Path | None, as_json: bool) -> None:
    """Check every byte of the index, its parts against each other, and a sample against the articles."""
    from arsearch.backends import choose_backend

    with closing(choose_backend(settings_from(config, index=index))) as backend, ProgressBar(" files") as bar:
        verification = backend.verify(sample=sample, progress=bar.show)
    if as_json:
        print_json({"index": backend.name} | dataclasses.asdict(verification))
    else:
        read = f"Read {verification.files} files, {verification.bytes / 1e6:.1f} MB; compared"
        show(
            f"{read if verification.files else 'Compared'} the postings of "
            f"{verification.sampled} articles and the vectors of {verification.passages} passages with their texts; "
            f"{verification.seconds:.1f} s."
        )
        if not verification.faults:
            show(f"The index {backend.name} is whole: commit {verification.commit}.")
    for fault in (*verification.faults, *verification.older_faults):
        say(f"Error: {fault}")
    if verification.notice:
        say(verification.notice)
    if verification.faults:
        say("Run `arsearch rollback` to serve the commit before, or `arsearch index --full SOURCE...`.")
    elif verification.older_faults:
        say("What is searched is whole. Earlier commits are not, and `arsearch rollback` will pass them over.")
    if verification.faults or verification.older_faults:
        raise SystemExit(FAILED)
