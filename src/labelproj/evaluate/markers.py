"""Does a translation model know markers? What it makes of marked text, and what is left of it.

Constrained search asks whether the model finds a marked translation likelier with the marks in
the right place than in another (*separability*). Joint translation asks whether the marks come
through (*survival*) and what they cost the translation (chrF).
"""

import random
from collections.abc import Sequence
from statistics import median
from typing import Any

from labelproj.config import TranslateParams
from labelproj.errors import DependencyError, MissingInputError
from labelproj.evaluate.marker_samples import Sample
from labelproj.evaluate.surfaces import surface_scores
from labelproj.progress import log
from labelproj.project.base import LabelledPair
from labelproj.project.joint import JointProjector
from labelproj.project.markers import MarkerProposer
from labelproj.text import words
from labelproj.translate.cache import cached_model
from labelproj.translate.engine import Engine, check_model, open_engine
from labelproj.translate.forced import Forced, load_model
from labelproj.translate.hub import find_model
from labelproj.translate.marked import check_marks
from labelproj.translate.schemes import MarkerScheme, scheme
from labelproj.translate.unmark import mark_spans, unmark
from labelproj.translate.weights import find_weights

__all__ = ["VERDICTS", "check_markers"]

VERDICTS = ("knows", "weak", "ignores")
#: A model knows markers when at least so many right places score best and so many marks come
#: through; it ignores them when fewer right places do. (Separability misleads: the marks of a
#: source draw marks near copied words in a model that was never taught them.) Chosen on a model
#: trained with brackets and never with tags, on 40 spans of ABSA en-es.
KNOWS, SURVIVES, IGNORES = 70.0, 70.0, 40.0
#: Wrong places that a right place is compared with, at most: elsewhere, and off by a word.
ELSEWHERE, BESIDE = 6, 4
#: A text about whose translation the model has changed its mind: so many nats a token.
CHANGED = 0.1


def check_markers(
    model: str,
    samples: Sequence[Sample],
    *,
    markers: str,
    src: str,
    tgt: str,
    tokenizer: str | None = None,
    revision: str | None = None,
    spans: int = 100,
    device: str = "auto",
    seed: int = 13,
) -> dict[str, Any]:
    """Measure on ``samples`` whether ``model`` knows the scheme ``markers``.

    At most ``spans`` spans are scored and as many texts translated. Figures, in percent where
    not said otherwise: ``separability`` (how often a wrong place scores lower than the right
    one), ``top`` (spans whose right place beats all others), ``margin`` (median, nats),
    ``delta`` (median of what the marks in the source take from the clean translation, nats a
    token), ``changed`` (spans where that is at least 0.1 either way), ``survival`` (spans whose
    marks come through a translation), ``chrf_plain`` and ``chrf_marked`` (with marks in the
    source, taken out again), ``surfaces`` (see
    :func:`~labelproj.evaluate.surfaces.surface_scores`) and ``verdict``.

    Raises ModelError (its tokenizer cannot write the marks), DependencyError and what opening
    the model raises.
    """
    how = scheme(markers)
    folder = find_weights(model, revision=revision)
    tokens = find_model(tokenizer, weights=False).folder if tokenizer else None
    codec = check_model(folder, tokens=tokens, src=src, tgt=tgt)
    check_marks(codec, how, where=model)
    rng = random.Random(seed)
    texts = rng.sample(list(samples), min(spans, len(samples)))
    one_each = [(sample, rng.randrange(len(sample.src_spans))) for sample in texts]
    forced = Forced(load_model(folder, device=device), codec)
    result: dict[str, Any] = {"model": model, "markers": markers, "texts": len(texts)}
    result |= _separability(forced, one_each, how, rng) | _change(forced, one_each, how)
    prepared = cached_model(model, src=src, tgt=tgt, tokenizer=tokenizer, revision=revision)
    engine = open_engine(prepared, src=src, tgt=tgt, device=device)
    result |= _translations(engine, texts, how)
    result["verdict"] = _verdict(result)
    return result


def _verdict(figures: dict[str, Any]) -> str:
    if figures["top"] < IGNORES:
        return "ignores"
    knows = figures["top"] >= KNOWS and figures["survival"] >= SURVIVES
    return "knows" if knows else "weak"


def _separability(
    forced: Forced, spans: Sequence[tuple[Sample, int]], how: MarkerScheme, rng: random.Random
) -> dict[str, Any]:
    sources: list[str] = []
    targets: list[str] = []
    numbers: list[int] = []
    for sample, index in spans:
        right = (sample.tgt_spans[index].start, sample.tgt_spans[index].end)
        tried = [right, *_wrong_places(sample.tgt_text, right, rng)]
        sources += [_marked_source(sample, index, how)] * len(tried)
        targets += [how.mark(sample.tgt_text, [place]) for place in tried]
        numbers.append(len(tried))
    scores = [score for score, _ in forced.scores(sources, targets)]
    shares, margins, first = [], [], 0
    for number in numbers:
        right_score, *wrong = scores[first : first + number]
        first += number
        if wrong:
            shares.append(sum(score < right_score for score in wrong) / len(wrong))
            margins.append(right_score - max(wrong))
    if not shares:
        raise MissingInputError("every translation is but one word: there is no wrong place")
    return {
        "spans": len(shares),
        "separability": _percent(sum(shares) / len(shares)),
        "top": _percent(sum(margin > 0 for margin in margins) / len(margins)),
        "margin": round(median(margins), 2),
    }


def _marked_source(sample: Sample, index: int, how: MarkerScheme) -> str:
    span = sample.src_spans[index]
    return how.mark(sample.src_text, [(span.start, span.end)])


def _wrong_places(text: str, right: tuple[int, int], rng: random.Random) -> list[tuple[int, int]]:
    """Return some places of whole words that are not ``right``: as long elsewhere, or near it."""
    offsets = words(text)
    inside = [k for k, (a, b) in enumerate(offsets) if a < right[1] and right[0] < b]
    first, last = inside[0], inside[-1]
    length, most = last - first, len(offsets) - 1
    moved = [(k, k + length) for k in range(len(offsets) - length) if k != first]
    beside = [(first - 1, last), (first + 1, last), (first, last - 1), (first, last + 1)]
    beside = [(a, b) for a, b in beside if 0 <= a <= b <= most]
    chosen = {
        *rng.sample(moved, min(ELSEWHERE, len(moved))),
        *rng.sample(beside, min(BESIDE, len(beside))),
    }
    found = [(offsets[a][0], offsets[b][1]) for a, b in sorted(chosen)]
    return [place for place in found if place != right]


def _change(
    forced: Forced, spans: Sequence[tuple[Sample, int]], how: MarkerScheme
) -> dict[str, Any]:
    """Return how much marks in the source change what the model thinks of the clean text."""
    targets = [sample.tgt_text for sample, _ in spans]
    plain = forced.scores([sample.src_text for sample, _ in spans], targets)
    marked = forced.scores([_marked_source(*span, how) for span in spans], targets)
    deltas = [(a - b) / n for (a, n), (b, _) in zip(plain, marked, strict=True)]
    return {
        "delta": round(median(deltas), 3),
        "changed": _percent(sum(abs(delta) >= CHANGED for delta in deltas) / len(deltas)),
    }


def _translations(engine: Engine, texts: Sequence[Sample], how: MarkerScheme) -> dict[str, Any]:
    try:
        import sacrebleu
    except ImportError as error:
        raise DependencyError(
            "chrF needs sacrebleu", remedy="pip install 'labelproj[eval]'"
        ) from error
    params = TranslateParams()
    plain = engine.translate([sample.src_text for sample in texts], params)
    sent = [mark_spans(sample.src_text, sample.src_spans, how) for sample in texts]
    came = [found.text for found in engine.translate(sent, params)]
    read = [
        unmark(marked, source=sample.src_text, spans=sample.src_spans, scheme=how)
        for marked, sample in zip(came, texts, strict=True)
    ]
    projector = JointProjector(MarkerProposer(how.name))
    projected = projector.project(
        [
            LabelledPair(sample.src_text, sample.src_spans, one.text, marked=marked)
            for sample, one, marked in zip(texts, read, came, strict=True)
        ]
    )
    # A broken or incomplete translation is made again without marks (see translate.marked).
    found = [
        [p.span() for p in own if p.start is not None] if one.state == "whole" else []
        for one, own in zip(read, projected, strict=True)
    ]
    number = sum(len(sample.src_spans) for sample in texts)
    scores = surface_scores(
        ((sample.tgt_text, sample.tgt_spans), (one.text, own))
        for sample, one, own in zip(texts, read, found, strict=True)
    )
    gold = [[sample.tgt_text for sample in texts]]
    broken = sum(one.state == "broken" for one in read)
    if broken:
        log.info("%d of %d marked translations were broken beyond repair", broken, len(read))
    return {
        "survival": _percent(sum(map(len, found)) / number),
        "broken": _percent(broken / len(read)),
        "chrf_plain": round(sacrebleu.corpus_chrf([t.text for t in plain], gold).score, 2),
        "chrf_marked": round(sacrebleu.corpus_chrf([one.text for one in read], gold).score, 2),
        "surfaces": scores,
    }


def _percent(share: float) -> float:
    return round(100 * share, 2)
