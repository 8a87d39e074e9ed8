"""``python -m training.probes``: write what the shipped transformer makes of the texts that encoders are tried on.

Run after a change of that encoder or of :mod:`arsearch.index.update.probes`. Without these vectors every new index
would embed 300 texts first.
"""

from __future__ import annotations

import shutil

from arsearch.index.update.calibrate import write_probe_vectors
from arsearch.semantic import load_encoder
from arsearch.settings import BUNDLED_ENCODER

if __name__ == "__main__":
    folder = write_probe_vectors(load_encoder(BUNDLED_ENCODER))
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other)
