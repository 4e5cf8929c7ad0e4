"""The oracle of the constrained search: every pair, each through the model's own forward pass."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSeq2SeqLM

from labelproj.project.constrained.state import Pair, Query
from labelproj.project.constrained.texts import Tokens

__all__ = ["BruteForce"]


class BruteForce:
    """Scores all pairs of a query by transformers, without sharing or pruning anything."""

    def __init__(self, folder: Path, tokens: Tokens):
        self.model: Any = AutoModelForSeq2SeqLM.from_pretrained(str(folder)).eval()
        self._tokens = tokens

    def scores(self, query: Query) -> dict[Pair, float]:
        """Return log P(translation with marks | marked source) of every pair of words."""
        target, marks = query.target, self._tokens.marks
        start = int(self.model.config.decoder_start_token_id)
        prefix = self._tokens.prefix_ids
        head = np.concatenate([[start], prefix]).astype(np.int64)
        end = np.array([int(self.model.config.eos_token_id)])
        rows: dict[Pair, Any] = {}
        for a, i in enumerate(target.opens.tolist()):
            for b in range(a, min(a + query.max_words, len(target.places))):
                j = int(target.closes[b])
                if 0 <= i < j:
                    text = (target.ids[:i], marks.opening, target.ids[i:j], marks.closing)
                    rows[a, b] = np.concatenate([head, *text, target.ids[j:], end])
        if not rows:
            return {}
        ids = torch.from_numpy(np.stack(list(rows.values())))
        source = torch.from_numpy(query.source)[None]
        with torch.inference_mode():
            states = self.model.get_encoder()(input_ids=source).last_hidden_state
            logits = self.model(
                encoder_outputs=(states.expand(len(ids), -1, -1),),
                attention_mask=torch.ones(len(ids), len(query.source), dtype=torch.long),
                decoder_input_ids=ids[:, :-1],
            ).logits.double()
        found = logits.log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0]
        sums = found[:, len(prefix) :].sum(1).tolist()
        return dict(zip(rows, sums, strict=True))
