"""The mean of what two taggers say of a text, one of which read its translation.

Translate-train and translate-test err in different places. Averaging their probabilities word by
word, those of translate-test brought to the words of the text that they stand for, was better
than either in Ebing and Glavaš 2025, *The Devil Is in the Word Alignment Details*
(https://arxiv.org/abs/2505.10507).
"""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from labelproj.align import Link
from labelproj.records import Span
from labelproj.tags import spans_from_tags
from labelproj.text import words
from labelproj.train.windows import Floats, best_tags, continued, tag_names

__all__ = ["Carried", "blended", "carried"]

#: The probabilities (words, tags) of a text's words, and which words have any.
Carried = tuple[Floats, npt.NDArray[np.bool_]]
_LEAST = 1e-9


def carried(
    rows: Floats,
    *,
    spans: Sequence[Sequence[int]],
    places: Sequence[Sequence[int]],
    links: Iterable[Link],
    count: int,
    tags: Sequence[str],
) -> Carried:
    """Bring the probabilities of a translation's words to the ``count`` words of the original.

    ``rows`` (words, ``tags``) are of the translation. ``spans[k]`` are the words of its label k,
    ``places[k]`` the words of the original that the label came to, none where it has no place.
    Words in a place have the probabilities of the label's words: the first those of the first,
    the others the mean of the others. The rest have the mean of the words outside all labels
    that ``links`` (translation to original) tie them to, weighed by their probability; a word
    without such links has none.
    """
    found = np.zeros((count, len(tags)), dtype=np.float32)
    mass = np.zeros(count, dtype=np.float32)
    labelled = {word for own in spans for word in own}
    taken = {word for own in places for word in own}
    for link in links:
        if link.src not in labelled and link.tgt not in taken:
            found[link.tgt] += link.probability * rows[link.src]
            mass[link.tgt] += link.probability
    found[mass > 0] /= mass[mass > 0, None]
    for own, place in zip(spans, places, strict=True):
        if not own:
            continue
        first = rows[own[0]]
        rest = rows[list(own[1:])].mean(axis=0) if len(own) > 1 else continued(first, tags)
        for number, word in enumerate(place):
            found[word] = rest if number else first
            mass[word] = 1.0
    return found, mass > 0


def blended(
    text: str, own: Floats, other: Carried, *, own_tags: Sequence[str], other_tags: Sequence[str]
) -> tuple[Span, ...]:
    """Return the spans of a text from the mean of two taggers' probabilities.

    ``own`` (words, ``own_tags``) is of the text itself, ``other`` of :func:`carried`; words that
    it says nothing of have ``own`` alone. A tag that one of them lacks has probability 0 there.
    """
    labels = sorted({tag[2:] for tag in (*own_tags, *other_tags) if tag != "O"})
    tags = tag_names(labels)
    mine = _spread(own, own_tags, tags)
    theirs, known = _spread(other[0], other_tags, tags), other[1]
    mean = np.where(known[:, None], (mine + theirs) / 2, mine)
    scores = np.log(np.maximum(mean, _LEAST))
    return spans_from_tags(best_tags(scores, tags), words(text), id_prefix="p")[0]


def _spread(rows: Floats, own: Sequence[str], tags: Sequence[str]) -> Floats:
    wide = np.zeros((len(rows), len(tags)), dtype=np.float32)
    wide[:, [list(tags).index(tag) for tag in own]] = rows
    return wide
