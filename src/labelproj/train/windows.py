"""Texts of any length as windows of subwords, and window predictions as spans again.

A word carries its tag on its first subword. A text longer than a window is cut into windows
that overlap by a quarter; each word is read in the window where it has the most context.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from labelproj.records import Span
from labelproj.tags import iob2_from_spans, spans_from_tags
from labelproj.text import words

__all__ = [
    "IGNORED",
    "Window",
    "best_tags",
    "continued",
    "cut",
    "likeliest_tags",
    "spans_of_scores",
    "tag_ids",
    "tag_names",
    "tags_of_model",
    "word_scores",
]

#: The target of a subword that no loss is computed for.
IGNORED = -100
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """Subword ids of a part of text ``text`` (an index).

    ``heads`` has (position in ``ids``, index of the word) for every word's first subword.
    """

    text: int
    ids: tuple[int, ...]
    heads: tuple[tuple[int, int], ...]
    types: tuple[int, ...] = ()


def cut(texts: Sequence[str], tokenizer: Any, size: int) -> list[Window]:
    """Cut each text into windows of at most ``size`` subwords; nothing is left out.

    A text in which the tokenizer finds nothing has one window without heads.
    """
    if not texts:
        return []
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=size,
        stride=size // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
        return_attention_mask=False,
    )
    starts = [words(text) for text in texts]
    windows = []
    for row, text in enumerate(encoded["overflow_to_sample_mapping"]):
        ids = encoded["input_ids"][row]
        special = encoded["special_tokens_mask"][row]
        offsets = encoded["offset_mapping"][row]
        windows.append(Window(text, tuple(ids), _heads(offsets, special, starts[text])))
    return windows


def _heads(
    offsets: Sequence[tuple[int, int]],
    special: Sequence[int],
    tokens: Sequence[tuple[int, int]],
) -> tuple[tuple[int, int], ...]:
    """Pair the first subword of each word with the word.

    A subword may begin with the space before its word. One that covers several words heads the
    first of them; a window may open in the middle of a word, which has its head in the window
    before.
    """
    heads: list[tuple[int, int]] = []
    word = 0
    for position, (start, end) in enumerate(offsets):
        if special[position] or start == end:
            continue
        while word < len(tokens) and tokens[word][1] <= start:
            word += 1
        if word == len(tokens):
            break
        if start <= tokens[word][0] < end and (not heads or heads[-1][1] != word):
            heads.append((position, word))
    return tuple(heads)


def tag_names(labels: Sequence[str]) -> list[str]:
    """Return ``O`` and the two IOB2 tags of each label."""
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def tags_of_model(names: Sequence[str]) -> list[str]:
    """Return the labels of somebody's token classifier as tags, ``PER`` as ``I-PER``.

    Raises ValueError where they are none: without names (a head that nobody trained has
    ``LABEL_0``), or without ``O``.
    """
    if any(name.startswith("LABEL_") for name in names):
        raise ValueError("its labels have no names: it was not trained to find any")
    if "O" not in names:
        raise ValueError(f"no label O (outside) among its labels: {', '.join(names)}")
    tagged = {"O", *(name for name in names if name[1:2] == "-" and name[:1] in "BIELSUW")}
    return [name if name in tagged else f"I-{name}" for name in names]


def likeliest_tags(scores: Floats, tags: Sequence[str]) -> list[str]:
    """Return the likeliest tag of each word, read in whatever scheme they are, as IOB2."""
    names = [tags[index] for index in scores.argmax(axis=1)]
    tokens = [(index, index + 1) for index in range(len(names))]
    return iob2_from_spans(spans_from_tags(names, tokens)[0], tokens)[0]


def _is_iob2(tags: Sequence[str]) -> bool:
    """Say whether a model of these tags opens every span with ``B-``, and has no other scheme."""
    return {tag[:1] for tag in tags} <= set("BIO") and all(
        f"B-{tag[2:]}" in tags for tag in tags if tag.startswith("I-")
    )


def continued(row: Floats, tags: Sequence[str]) -> Floats:
    """Return the probabilities of a word that goes on with the spans which ``row`` opens.

    What ``row`` gives ``B-X`` goes to ``I-X``; ``tags`` are those of :func:`tag_names`.
    """
    moved = row.copy()
    for index, tag in enumerate(tags):
        if tag.startswith("B-"):
            moved[list(tags).index(f"I-{tag[2:]}")] += moved[index]
            moved[index] = 0.0
    return moved


def tag_ids(
    windows: Sequence[Window], text: str, spans: Sequence[Span], tags: Sequence[str]
) -> list[list[int]]:
    """Return the target of each subword of each window of ``text``: a tag id or IGNORED."""
    number = {tag: index for index, tag in enumerate(tags)}
    names, _ = iob2_from_spans(spans, words(text))
    rows = []
    for window in windows:
        row = [IGNORED] * len(window.ids)
        for position, word in window.heads:
            row[position] = number[names[word]]
        rows.append(row)
    return rows


def best_tags(scores: Floats, tags: Sequence[str]) -> list[str]:
    """Return the best sequence of tags that is well-formed IOB2 (Viterbi).

    ``scores`` are log-probabilities (words, tags). ``I-X`` comes only after ``B-X`` or ``I-X``.
    """
    if not len(scores):
        return []
    allowed = np.array(
        [[not b.startswith("I-") or a[1:] == b[1:] for b in tags] for a in tags], dtype=bool
    )
    moves = np.where(allowed, 0.0, -np.inf)
    opens = np.array([-np.inf if tag.startswith("I-") else 0.0 for tag in tags])
    total = scores[0] + opens
    back = np.zeros(scores.shape, dtype=np.int64)
    for index in range(1, len(scores)):
        paths = total[:, None] + moves
        back[index] = paths.argmax(axis=0)
        total = paths[back[index], np.arange(len(tags))] + scores[index]
    best = [int(total.argmax())]
    for index in range(len(scores) - 1, 0, -1):
        best.append(int(back[index][best[-1]]))
    return [tags[index] for index in reversed(best)]


def word_scores(
    text: str, windows: Sequence[Window], scores: Sequence[Floats], *, tags: int
) -> tuple[Floats, list[int]]:
    """Return the scores (words, ``tags``) of a text's words, and the words that have any.

    ``scores`` has one array (subwords, tags) for each window; a word is read in the window where
    it has the most context. A word without a subword of its own has zeros.
    """
    context = [-1] * len(words(text))
    rows = np.zeros((len(context), tags), dtype=np.float32)
    for window, values in zip(windows, scores, strict=True):
        for position, word in window.heads:
            room = min(position, len(window.ids) - 1 - position)
            if room > context[word]:
                context[word] = room
                rows[word] = values[position]
    return rows, [index for index, room in enumerate(context) if room >= 0]


def spans_of_scores(
    text: str, windows: Sequence[Window], scores: Sequence[Floats], tags: Sequence[str]
) -> tuple[Span, ...]:
    """Return the spans of a text from the scores of its windows.

    ``scores`` has one array (subwords, tags) of log-probabilities for each window. Tags that
    are IOB2 make the best well-formed sequence, others are read word by word. A word without a
    subword of its own goes with the word before it.
    """
    tokens = words(text)
    rows, known = word_scores(text, windows, scores, tags=len(tags))
    decode = best_tags if _is_iob2(tags) else likeliest_tags
    found = dict(zip(known, decode(rows[known], tags), strict=True))
    names: list[str] = []
    for index in range(len(tokens)):
        before = names[-1] if names else "O"
        names.append(found.get(index, "O" if before == "O" else f"I-{before[2:]}"))
    return spans_from_tags(names, tokens, id_prefix="p")[0]
