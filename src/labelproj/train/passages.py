"""Questions about texts of any length as windows of subwords, and scores as answers again.

A window is the question and a part of the context, which overlap by a quarter of the window; in
each a start and an end are scored at every subword of the context, and the token that opens the
window stands for "no answer here" (Devlin et al. 2019, section 4.3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelproj.progress import log
from labelproj.text import strip_space
from labelproj.train.windows import Floats

__all__ = ["Answer", "Passage", "best_answers", "best_margin", "overlap", "passages", "target"]

Question = tuple[str, str]
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Passage:
    """Subword ids of question ``text`` (an index) with a part of its context.

    ``types`` says of which of the two each subword is, where the model is told; ``places`` has
    start and end in the context (code points, without white space) of each subword from
    position ``first`` on, and ``null`` is the position that stands for no answer.
    """

    text: int
    ids: tuple[int, ...]
    types: tuple[int, ...]
    first: int
    places: tuple[Place, ...]
    null: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A stretch of the context, and the sum of its start's and its end's score."""

    start: int
    end: int
    score: float


def passages(
    questions: Sequence[Question], tokenizer: Any, size: int, *, types: bool
) -> list[Passage]:
    """Cut each question (question, context) into windows of at most ``size`` subwords.

    Nothing of a context is left out. Of a question that takes more than half a window the rest
    is not read, which is said.
    """
    if not questions:
        return []
    room = size - tokenizer.num_special_tokens_to_add(pair=True)
    encoded = tokenizer(
        _openings([question for question, _ in questions], tokenizer, max(1, room // 2)),
        [context for _, context in questions],
        truncation="only_second",
        max_length=size,
        stride=room // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_token_type_ids=types,
        return_attention_mask=False,
    )
    found = []
    for row, text in enumerate(encoded["overflow_to_sample_mapping"]):
        ids = tuple(encoded["input_ids"][row])
        mine = [at for at, side in enumerate(encoded.sequence_ids(row)) if side == 1]
        context = questions[text][1]
        opening = tokenizer.cls_token_id
        found.append(
            Passage(
                text,
                ids,
                tuple(encoded["token_type_ids"][row]) if types else (),
                mine[0] if mine else len(ids),
                tuple(strip_space(context, *encoded["offset_mapping"][row][at]) for at in mine),
                ids.index(opening) if opening in ids else 0,
            )
        )
    return found


def _openings(questions: Sequence[str], tokenizer: Any, size: int) -> list[str]:
    """Return questions of at most ``size`` subwords."""
    read = list(questions)
    left = list(range(len(read)))
    while left:
        encoded = tokenizer(
            [read[at] for at in left],
            truncation=True,
            max_length=size + 1,
            add_special_tokens=False,
            return_offsets_mapping=True,
        )["offset_mapping"]
        long = [at for at, offsets in zip(left, encoded, strict=True) if len(offsets) > size]
        # What is left of a word may be more subwords than it was: look again.
        cuts = [offsets[size][0] for offsets in encoded if len(offsets) > size]
        for at, cut in zip(long, cuts, strict=True):
            read[at] = read[at][:cut]
        left = long
    if shorter := sum(map(str.__ne__, questions, read)):
        log.warning("%d questions are longer than half a window: their ends are not read", shorter)
    return read


def target(passage: Passage, answers: Sequence[Place]) -> Place:
    """Return the positions of the first answer that is whole in a window, else those of none."""
    for start, end in answers:
        inside = [
            at
            for at, (first, last) in enumerate(passage.places, start=passage.first)
            if first < last and first < end and start < last
        ]
        if not inside:
            continue
        opens = passage.places[inside[0] - passage.first][0]
        closes = passage.places[inside[-1] - passage.first][1]
        if opens <= start and end <= closes:
            return inside[0], inside[-1]
    return passage.null, passage.null


def best_answers(
    passage: Passage, starts: Floats, ends: Floats, *, nbest: int, longest: int
) -> list[Answer]:
    """Return the best answers in a window, best first, of at most ``longest`` subwords.

    ``starts`` and ``ends`` are scores of all subwords. The ``nbest`` best starts and ends are
    tried with each other: a start and an end that do not fit are no answer.
    """
    real = np.array([first < last for first, last in passage.places], dtype=bool)
    own = slice(passage.first, passage.first + len(passage.places))
    sides = [np.where(real, scores[own], -np.inf) for scores in (starts, ends)]
    firsts, lasts = (np.argsort(-scores, kind="stable")[:nbest] for scores in sides)
    sizes = lasts[None, :] - firsts[:, None]
    fits = (sizes >= 0) & (sizes < longest)
    sums = np.where(fits, sides[0][firsts][:, None] + sides[1][lasts][None, :], -np.inf).ravel()
    best = [at for at in np.argsort(-sums, kind="stable")[:nbest] if np.isfinite(sums[at])]
    return [
        Answer(
            passage.places[firsts[at // len(lasts)]][0],
            passage.places[lasts[at % len(lasts)]][1],
            float(sums[at]),
        )
        for at in best
    ]


def overlap(answer: Place | None, right: Sequence[Place]) -> float:
    """Return the F1 (0-1) of the characters of an answer, the best over the right ones.

    Where none is right, 1 for no answer.
    """
    if answer is None or not right:
        return float(answer is None and not right)
    start, end = answer
    return max(
        2 * max(0, min(end, last) - max(start, first)) / (end - start + last - first)
        for first, last in right
    )


def best_margin(margins: Sequence[float], gains: Sequence[float]) -> float:
    """Return the margin above which "no answer" is the better one, as SQuAD 2.0 chooses it.

    ``margins`` are the scores of no answer less those of the best, ``gains`` what an answer is
    worth there more than none. It lies halfway between two questions, or beyond all of them.
    """
    order = np.argsort(margins, kind="stable")
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(gains, dtype=np.float64)[order])])
    sorted_ = np.asarray(margins, dtype=np.float64)[order]
    edges = np.concatenate([sorted_[:1] - 1.0, (sorted_[1:] + sorted_[:-1]) / 2, sorted_[-1:] + 1])
    # Between two equal margins there is no room.
    sums[1:-1][sorted_[1:] == sorted_[:-1]] = -np.inf
    return float(edges[int(sums.argmax())])
