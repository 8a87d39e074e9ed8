"""How the bundled sentence encoder is made: ``python -m training --data ../shared/data/train --out DIR``.

Not part of the package that ships. See README.md beside this file.
"""
