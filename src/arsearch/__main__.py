"""``python -m arsearch`` is the ``arsearch`` command."""

from arsearch.cli import main

main(prog_name="arsearch")
