"""Word alignment by the similarity of an encoder's hidden states (SimAlign, awesome-align)."""

from collections.abc import Sequence

import numpy as np

from labelproj.align.base import AlignedPair, Corpus, Link, TokenPair
from labelproj.align.encoder import Encoded, Encoder
from labelproj.align.matching import (
    MATCHINGS,
    Links,
    Matrix,
    cosine_similarity,
    distorted,
    softmax,
)

__all__ = ["EmbeddingAligner"]


class EmbeddingAligner:
    """Aligns with one layer of an encoder and a matching.

    ``level`` is ``bpe`` (match subwords; words are linked when any of theirs are) or ``word``
    (match the mean vectors of words). A link's probability is the similarity of what it joins.
    """

    name = "embedding"

    def __init__(
        self,
        *,
        model: str,
        layer: int | None = None,
        matching: str = "itermax",
        level: str = "bpe",
        distortion: float = 0.0,
        src_lang: str | None = None,
        tgt_lang: str | None = None,
        device: str = "auto",
    ):
        self._params: dict[str, object] = {
            "name": self.name,
            "model": model,
            "layer": 8 if layer is None else layer,
            "matching": matching,
            "level": level,
            "distortion": distortion,
        }
        self._encoder = Encoder(model, layer=8 if layer is None else layer, device=device)
        self._matching = matching
        self._level = level
        self._distortion = distortion
        self._languages = src_lang, tgt_lang

    def params(self) -> dict[str, object]:
        """Return what shapes the links."""
        return self._params

    def fit(self, corpus: Corpus) -> None:
        """Do nothing: the encoder comes trained."""

    def align(self, pairs: Sequence[TokenPair]) -> list[AlignedPair]:
        """Return the links of each pair."""
        src = self._encoder.encode([pair.src for pair in pairs], language=self._languages[0])
        tgt = self._encoder.encode([pair.tgt for pair in pairs], language=self._languages[1])
        return [self._link(*sides) for sides in zip(src, tgt, strict=True)]

    def _link(self, src: Encoded, tgt: Encoded) -> AlignedPair:
        if not len(src[1]) or not len(tgt[1]):
            return AlignedPair((), "empty")
        if self._level == "word":
            src, tgt = _word_means(src), _word_means(tgt)
        similarity = distorted(cosine_similarity(src[0], tgt[0]), self._distortion)
        if self._matching == "softmax":
            matrix = softmax(src[0] @ tgt[0].T)
        else:
            matrix = MATCHINGS[self._matching](similarity)
        return AlignedPair(_word_links(matrix, similarity, src, tgt))


def _word_links(matrix: Links, similarity: Matrix, src: Encoded, tgt: Encoded) -> tuple[Link, ...]:
    best: dict[tuple[int, int], float] = {}
    for i, j in zip(*np.nonzero(matrix), strict=True):
        words = int(src[1][i]), int(tgt[1][j])
        best[words] = max(best.get(words, 0.0), float(similarity[i, j]))
    return tuple(Link(i, j, p) for (i, j), p in sorted(best.items()))


def _word_means(side: Encoded) -> Encoded:
    vectors, word_ids = side
    present = np.unique(word_ids)
    means = np.stack([vectors[word_ids == word].mean(axis=0) for word in present])
    return means.astype(np.float32), present
