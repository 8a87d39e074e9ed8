"""Puts the repository root on the path: ``training`` is not installed with the package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
