"""The batches of a training run: the same for the same seed, from any step on."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from labelproj.translate.markers import Pair

__all__ = ["Batch", "Encode", "Stream", "Vary", "nllb_encoding"]

Example = tuple[list[int], list[int]]
#: Texts to token ids, with whatever stands round them; None for a text without tokens.
Encode = Callable[[list[str]], list[list[int] | None]]
#: A variant of a pair; the pair itself will do.
Vary = Callable[[Pair, random.Random], Pair]


def nllb_encoding(tokenizer: Any, language: str) -> Encode:
    """Return how texts of ``language`` become ids: its token, the text, ``</s>``."""
    head, eos = tokenizer.convert_tokens_to_ids(language), int(tokenizer.eos_token_id)

    def encode(texts: list[str]) -> list[list[int] | None]:
        found = tokenizer(
            texts,
            add_special_tokens=False,
            return_attention_mask=False,
            split_special_tokens=True,
            verbose=False,
        )["input_ids"]
        return [[head, *ids, eos] if ids else None for ids in found]

    return encode


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids of some pairs (not padded); ``step`` counts from 0 over the whole run."""

    step: int
    sources: list[list[int]]
    targets: list[list[int]]


class Stream:
    """Endless batches of a bitext, sorted by length, of at most ``batch_tokens`` padded tokens.

    Every epoch makes its own variants of the pairs, by ``vary``. ``encode`` are the source's and
    the target's. ``back_share`` of the pairs, others in every epoch, are turned round: their
    source is to be made of their target.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        encode: tuple[Encode, Encode],
        vary: Vary,
        batch_tokens: int,
        seed: int,
        max_length: int = 200,
        back_share: float = 0.0,
    ):
        self._pairs = list(pairs)
        self._encode = encode
        self._vary = vary
        self._budget = batch_tokens
        self._seed = seed
        self._max_length = max_length
        self._back_share = back_share

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
        made = [self._vary(pair, rng) for pair in self._pairs]
        sources, targets = (
            encode([pair[side] for pair in made]) for side, encode in enumerate(self._encode)
        )
        # Language token and </s> apart, a side has at most so many tokens.
        most = self._max_length + 2
        kept = [
            (s, t)
            for s, t in zip(sources, targets, strict=True)
            if s and t and max(len(s), len(t)) <= most
        ]
        if not self._back_share:
            return kept
        return [(t, s) if rng.random() < self._back_share else (s, t) for s, t in kept]
