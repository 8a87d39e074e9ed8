"""Choosing an encoder by its name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from arsearch.errors import EncoderError
from arsearch.semantic.encoder import Encoder
from arsearch.semantic.static_encoder import StaticEncoder
from arsearch.semantic.truncated import TruncatedEncoder
from arsearch.settings import BUNDLED_ENCODER, FAST_ENCODER

__all__ = ["load_encoder", "shipped_encoder_path"]

_SHIPPED = {BUNDLED_ENCODER: "arsearch-e5", FAST_ENCODER: "arsearch-static"}


def shipped_encoder_path(name: str) -> Path:
    """Return the directory of an encoder that ships in the package, ``bundled`` or ``fast``. Raises KeyError."""
    return Path(str(resources.files("arsearch.semantic") / "models" / _SHIPPED[name]))


def load_encoder(name: str) -> Encoder:
    """Return the encoder called *name*: ``bundled``, ``fast``, or the name or path of a sentence-transformers model.

    ``@`` and a number after it, as in ``bundled@128``, cut the vectors to so many dimensions. Static models on disk are
    read without torch, and so are those with an ONNX file. Raises EncoderError if there is no such model, or it is
    broken.
    """
    whole, _, dimension = name.rpartition("@")
    if whole and dimension.isascii() and dimension.isdigit() and not Path(name).is_dir():
        return TruncatedEncoder(_load(whole), int(dimension))
    return _load(name)


def _load(name: str) -> Encoder:
    if name == FAST_ENCODER:
        return StaticEncoder(shipped_encoder_path(name), name=name)
    from arsearch.semantic.onnx_encoder import OnnxEncoder  # words alone, and static encoders, need none of it

    if name == BUNDLED_ENCODER:
        return OnnxEncoder(shipped_encoder_path(name), name=name)
    path = Path(name)
    if path.is_dir():
        name = str(path.resolve())  # an index may be searched from another folder
        if StaticEncoder.can_read(path):
            return StaticEncoder(path, name=name)
        if OnnxEncoder.can_read(path):
            return OnnxEncoder(path, name=name)
    if path.is_absolute() and not path.is_dir():
        raise EncoderError(f"There is no model in {name}. Check the path, or name another model with --model.")
    from arsearch.semantic.sentence_transformer import SentenceTransformerEncoder

    return SentenceTransformerEncoder(name)
