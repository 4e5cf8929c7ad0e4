"""Which hidden layer of an encoder, and which threshold, align best.

With gold links, that is a matter of F1. Without, of the agreement between the two directions:
the share of subwords whose most similar subword on the other side finds them most similar, too.
The threshold of ``softmax`` is then the one whose links are most like those of ``itermax``.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from labelproj.align.base import AlignedPair, TokenPair
from labelproj.align.encoder import EncodedTexts, Encoder, Text
from labelproj.align.linking import Matcher, Sides
from labelproj.align.matching import Array, cosine_similarity, host
from labelproj.align.states import read_config
from labelproj.errors import UsageError

__all__ = ["LayerChoice", "agreement", "choose_layer", "default_layer"]

#: SimAlign's and awesome-align's layer of a model with 12.
USUAL_LAYER = 8
THRESHOLDS = (1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2, 0.3)

WordLinks = set[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """The layer (and threshold, for ``softmax``) chosen, by what, and the scores of all layers.

    ``by`` is ``gold`` (scores are F1) or ``agreement``; scores are in 0 to 1.
    """

    layer: int
    threshold: float | None
    by: str
    pairs: int
    scores: dict[int, float]

    def as_dict(self) -> dict[str, object]:
        """Return JSON values."""
        return asdict(self) | {"scores": {str(layer): s for layer, s in self.scores.items()}}


def default_layer(model: str) -> int | None:
    """Return 8 for a model with at least 8 layers; None for a smaller one: choose."""
    return USUAL_LAYER if read_config(model)[1] >= USUAL_LAYER else None


def choose_layer(
    model: str,
    pairs: Sequence[TokenPair],
    *,
    gold: Sequence[WordLinks] | None = None,
    matching: str = "itermax",
    layers: Sequence[int] | None = None,
    src_lang: str | None = None,
    tgt_lang: str | None = None,
    device: str = "auto",
) -> LayerChoice:
    """Choose among ``layers`` (all but the embeddings when None) on some tens of pairs.

    ``gold`` are the word links of each pair. Every layer aligns the pairs once, so this takes
    as long as aligning them with each. Ties go to the lower layer. Raises UsageError when no
    pair has words on both sides.
    """
    texts = [
        text for pair in pairs for text in (Text(pair.src, src_lang), Text(pair.tgt, tgt_lang))
    ]
    if not any(pair.src and pair.tgt for pair in pairs):
        raise UsageError("no pair with words on both sides to choose a layer from")
    scores: dict[int, float] = {}
    thresholds: dict[int, float | None] = {}
    for layer in layers or range(1, read_config(model)[1] + 1):
        encoder = Encoder(model, layer=layer, device=device, backend="torch")
        score, thresholds[layer] = _rated(encoder.encode(texts), gold, matching=matching)
        scores[layer] = round(score, 4)
    best = max(scores, key=lambda layer: (scores[layer], -layer))
    by = "agreement" if gold is None else "gold"
    return LayerChoice(best, thresholds[best], by, len(pairs), scores)


def _rated(
    encoded: EncodedTexts, gold: Sequence[WordLinks] | None, *, matching: str
) -> tuple[float, float | None]:
    """Return how well texts, source and target in turn, align, and the best threshold."""
    sides = list(zip(encoded.texts[::2], encoded.texts[1::2], strict=True))

    def links(matcher: Matcher) -> list[WordLinks]:
        return _links(matcher.link(encoded.vectors, sides))

    if matching != "softmax":
        if gold is None:
            return agreement(encoded.vectors, sides), None
        return _f1(links(Matcher(matching)), gold), None
    like = links(Matcher("itermax")) if gold is None else gold
    rated = {t: _f1(links(Matcher(matching, threshold=t)), like) for t in THRESHOLDS}
    best = max(rated, key=lambda t: rated[t])
    return (agreement(encoded.vectors, sides) if gold is None else rated[best]), best


def agreement(vectors: Array, pairs: Sequence[Sides]) -> float:
    """Return the share of subwords (both sides, all pairs) that are mutually most similar.

    ``vectors`` (subwords, dimensions) are those that the pairs' rows are of.
    """
    vectors = host(vectors)
    mutual = total = 0
    for src, tgt in pairs:
        if not len(src.words) or not len(tgt.words):
            continue
        similarity = cosine_similarity(vectors[src.rows], vectors[tgt.rows])
        forward, backward = similarity.argmax(axis=1), similarity.argmax(axis=0)
        mutual += 2 * int((backward[forward] == np.arange(len(forward))).sum())
        total += sum(similarity.shape)
    return mutual / total if total else 0.0


def _f1(predicted: Sequence[WordLinks], gold: Sequence[WordLinks]) -> float:
    found = hits = wanted = 0
    for links, right in zip(predicted, gold, strict=True):
        found, hits, wanted = found + len(links), hits + len(links & right), wanted + len(right)
    return 2 * hits / (found + wanted) if found + wanted else 0.0


def _links(results: Sequence[AlignedPair]) -> list[WordLinks]:
    return [{(link.src, link.tgt) for link in result.links} for result in results]
