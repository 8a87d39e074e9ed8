"""Any sentence-transformers model, by name or path, with its query and passage prompts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arsearch.common.array_types import Vectors
from arsearch.errors import EncoderError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["SentenceTransformerEncoder", "import_sentence_transformers"]

# Models of the e5 family need these (Wang et al. 2022, "Text Embeddings by Weakly-Supervised Contrastive
# Pre-training"), but many of them do not say so in their configuration.
_E5_PROMPTS = ("query: ", "passage: ")
_NUMBERS_HASHED = 1000
_PASSAGE_PROMPT_NAMES = ("passage", "document", "corpus")


def import_sentence_transformers(what: str) -> Any:
    """Return the library, which takes seconds to import. Raises EncoderError that says what *what* needs."""
    try:
        import sentence_transformers
    except ModuleNotFoundError as error:
        if error.name != "sentence_transformers":
            raise EncoderError(_broken(what, error)) from error
        raise EncoderError(
            f'{what} needs sentence-transformers; install it with: pip install "arsearch[sentence-transformers]"'
        ) from error
    except (ImportError, OSError, RuntimeError) as error:  # a library of torch that does not fit the system
        raise EncoderError(_broken(what, error)) from error
    return sentence_transformers


def _broken(what: str, error: Exception) -> str:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return (
        f"{what} needs sentence-transformers, which is installed but cannot be imported: {reason}. "
        'Install it anew: pip install --force-reinstall "arsearch[sentence-transformers]"'
    )


class SentenceTransformerEncoder:
    """An encoder that runs a model with sentence-transformers; importing this class does not import torch."""

    def __init__(self, name: str) -> None:
        """Load the model *name*, from disk or from the hub. Raises EncoderError if it cannot be had."""
        library = import_sentence_transformers(f"The model {name!r}")
        self.name = name
        try:
            self._model: SentenceTransformer = library.SentenceTransformer(name)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            reason = str(error).strip().splitlines()
            raise EncoderError(
                f"The model {name!r} cannot be loaded: {reason[0] if reason else type(error).__name__}. "
                "Check the name, download the model to a folder and pass its path, or leave --model out "
                "to use the bundled encoder."
            ) from error
        self._query_prompt, self._passage_prompt = _prompts(name, self._model.prompts)
        self.fingerprint = _fingerprint(self._model, self._passage_prompt)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the model's tokenizer makes of *text*."""
        tokenizer: Any = self._model.tokenizer
        if hasattr(tokenizer, "tokenize"):
            return len(tokenizer.tokenize(text))
        return len(tokenizer.encode(text, add_special_tokens=False).ids)  # of a static model, from tokenizers

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._query_prompt)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Return float32 of shape (len(texts), dimension)."""
        return self._encode(texts, self._passage_prompt)

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        # encode() sorts by length before it cuts batches, so that few tokens are padding; a prompt of "" keeps it from
        # putting the model's default one before the text.
        vectors = self._model.encode(list(texts), prompt=prompt, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dimension)


def _fingerprint(model: SentenceTransformer, prompt: str) -> str:
    """Return a hash of some of the numbers of every tensor of *model*: hashing all of a large model takes seconds."""
    digest = hashlib.sha256(prompt.encode())
    for name, tensor in sorted(model.state_dict().items()):
        flat = tensor.detach().flatten()
        step = max(1, len(flat) // _NUMBERS_HASHED)
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        digest.update(flat[::step].float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _prompts(name: str, configured: dict[str, str | None]) -> tuple[str, str]:
    """Return the prompts for queries and for passages: the model's own, or what its family needs."""
    query = configured.get("query") or ""
    passage = next((text for key in _PASSAGE_PROMPT_NAMES if (text := configured.get(key))), "")
    if not query and not passage and "e5" in name.lower().replace("/", "-").split("-"):
        return _E5_PROMPTS
    return query, passage
