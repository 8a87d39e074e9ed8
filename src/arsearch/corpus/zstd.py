"""Zstandard: Python's own module from 3.14 on, before that the same one as a package (PEP 784)."""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdError, ZstdFile, compress, train_dict
else:
    from backports.zstd import ZstdError, ZstdFile, compress, train_dict

__all__ = ["ZstdError", "ZstdFile", "compress", "train_dict"]
