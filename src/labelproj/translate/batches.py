"""The batches of a training run: the same for the same seed, from any step on."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labelproj.translate.markers import Augmenter, Pair

__all__ = ["Batch", "Stream"]

Example = tuple[list[int], list[int]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids of some pairs (not padded); ``step`` counts from 0 over the whole run."""

    step: int
    sources: list[list[int]]
    targets: list[list[int]]


class Stream:
    """Endless batches of a bitext, sorted by length, of at most ``batch_tokens`` padded tokens.

    Every epoch makes its own variants of the pairs: ``marker_share`` of them get markers and
    ``rename_share`` of them invented names.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        tokenizer: Any,
        *,
        src_code: str,
        tgt_code: str,
        batch_tokens: int,
        marker_share: float,
        rename_share: float,
        seed: int,
        max_length: int = 200,
    ):
        self._pairs = list(pairs)
        self._tokenizer = tokenizer
        self._head = tokenizer.convert_tokens_to_ids([src_code, tgt_code])
        self._eos = int(tokenizer.eos_token_id)
        self._budget = batch_tokens
        self._shares = (marker_share, rename_share)
        self._seed = seed
        self._max_length = max_length
        self._augmenter = Augmenter(self._pairs)

    def batches(self, *, start: int, stop: int) -> Iterator[Batch]:
        """Yield the batches of steps ``start`` to ``stop`` (not included)."""
        step = epoch = 0
        while step < stop:
            for sources, targets in self._epoch(epoch):
                if start <= step < stop:
                    yield Batch(step, sources, targets)
                step += 1
                if step >= stop:
                    return
            epoch += 1

    def _epoch(self, epoch: int) -> list[tuple[list[list[int]], list[list[int]]]]:
        rng = random.Random(f"{self._seed}-{epoch}")
        examples = self._examples(rng)
        # Noise in the order: pairs do not meet the same neighbours in every epoch.
        order = sorted(
            examples, key=lambda e: (max(len(e[0]), len(e[1])) + rng.random() * 2, len(e[0]))
        )
        groups: list[list[Example]] = [[]]
        longest = 0
        for example in order:
            longest = max(longest, len(example[0]), len(example[1]))
            if groups[-1] and longest * (len(groups[-1]) + 1) > self._budget:
                groups.append([])
                longest = max(len(example[0]), len(example[1]))
            groups[-1].append(example)
        rng.shuffle(groups)
        return [([s for s, _ in group], [t for _, t in group]) for group in groups if group]

    def _examples(self, rng: random.Random) -> list[Example]:
        markers, renames = self._shares
        made: list[Pair] = []
        for pair in self._pairs:
            new = self._augmenter.renamed(pair, rng) if rng.random() < renames else pair
            made.append(self._augmenter.marked(new, rng) if rng.random() < markers else new)
        src_head, tgt_head = self._head
        sides = [
            self._tokenizer(
                [pair[side] for pair in made],
                add_special_tokens=False,
                return_attention_mask=False,
                split_special_tokens=True,
                verbose=False,
            )["input_ids"]
            for side in (0, 1)
        ]
        return [
            ([src_head, *s, self._eos], [tgt_head, *t, self._eos])
            for s, t in zip(sides[0], sides[1], strict=True)
            if s and t and max(len(s), len(t)) <= self._max_length
        ]
