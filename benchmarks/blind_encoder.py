"""An encoder that knows no word: it costs no time, for measuring words alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

_ST = "sentence_transformers"


def write_blind_encoder(folder: Path) -> Path:
    """Write to *folder* a static model in the format of sentence-transformers that has one word. Return *folder*."""
    (folder / "1_Normalize").mkdir(parents=True)
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file({"embedding.weight": np.eye(1, 16, dtype=np.float32)}, folder / "model.safetensors")
    modules = [
        {
            "idx": 0,
            "name": "0",
            "path": "",
            "type": f"{_ST}.sentence_transformer.modules.static_embedding.StaticEmbedding",
        },
        {"idx": 1, "name": "1", "path": "1_Normalize", "type": f"{_ST}.base.modules.normalize.Normalize"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
    (folder / "1_Normalize" / "config.json").write_text("{}", encoding="utf-8")
    return folder
