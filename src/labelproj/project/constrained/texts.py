"""Texts as the search sees them: token ids, and where a mark may stand between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from labelproj.errors import ModelError
from labelproj.text import is_word, words
from labelproj.translate.families import Codec
from labelproj.translate.schemes import MarkerScheme

__all__ = ["Marks", "Target", "Tokens", "token_offsets"]

Ints = npt.NDArray[np.int64]
#: A word between two marks whose own tokens are known, to see what the marks become.
_PROBE = "a"


@dataclass(frozen=True, slots=True)
class Marks:
    """The token ids that open and close a span in a translation."""

    opening: Ints
    closing: Ints


@dataclass(frozen=True, slots=True)
class Target:
    """A translation: its token ids and its words.

    ``places`` are the (start, end) of the words that a span may begin or end with, in code
    points; ``opens`` and ``closes`` are the numbers of the tokens before which the marks of a
    span that begins or ends with that word stand, -1 where the word begins or ends within a token.
    """

    ids: Ints
    places: tuple[tuple[int, int], ...]
    opens: Ints
    closes: Ints


class Tokens:
    """A model's tokens for one language pair and marker scheme.

    Raises ModelError where the tokenizer cannot write the marks.
    """

    def __init__(self, codec: Codec, marking: MarkerScheme, *, where: str):
        self.marking = marking
        self._codec = codec
        self._ids = {token: number for number, token in enumerate(codec.tokens)}
        self._where = where
        self.marks = self._marks()

    def ids(self, tokens: Sequence[str]) -> Ints:
        """Return the ids of tokens."""
        unknown = self._ids[str(self._codec.tokenizer.unk_token)]
        return np.array([self._ids.get(token, unknown) for token in tokens], dtype=np.int64)

    @property
    def prefix(self) -> tuple[str, ...]:
        """The tokens that a translation starts with."""
        return self._codec.target_prefix

    @property
    def prefix_ids(self) -> Ints:
        """Their ids."""
        return self.ids(self.prefix)

    def sources(self, texts: Sequence[str]) -> list[Ints]:
        """Return the ids of source texts, with what stands around them."""
        return [self.ids(tokens) for tokens in self._codec.encode(texts)]

    def targets(self, texts: Sequence[str]) -> list[Target]:
        """Return translations, with what looks like a mark in them made plain."""
        plain = [self._plain(text) for text in texts]
        return [
            _target(text, *found) for text, found in zip(plain, self._encode(plain), strict=True)
        ]

    def spans(self, texts: Sequence[str]) -> list[Ints]:
        """Return the ids of pieces of translations that stand alone."""
        return [ids for ids, _ in self._encode([self._plain(text) for text in texts])]

    def _plain(self, text: str) -> str:
        """Make plain, without a change of length, what is a mark or a token of its own."""
        special = self._codec.special.sub(lambda match: "(" + match.group()[1:], text)
        return self.marking.escape(special).replace("\n", " ").replace("\r", " ")

    def _encode(self, texts: Sequence[str]) -> list[tuple[Ints, list[tuple[int, int]]]]:
        tokenizer = self._codec.tokenizer
        if not texts:
            return []
        options = {"add_special_tokens": False, "return_attention_mask": False, "verbose": False}
        if tokenizer.is_fast:
            found = tokenizer(
                list(texts), return_offsets_mapping=True, split_special_tokens=True, **options
            )
            return [
                (np.array(ids, dtype=np.int64), [_trimmed(text, *pair) for pair in offsets])
                for text, ids, offsets in zip(
                    texts, found["input_ids"], found["offset_mapping"], strict=True
                )
            ]
        lists = tokenizer(**self._side(list(texts)), **options)["input_ids"]
        return [
            (
                np.array(ids, dtype=np.int64),
                token_offsets(text, tokenizer.convert_ids_to_tokens(ids)),
            )
            for text, ids in zip(texts, lists, strict=True)
        ]

    def _marks(self) -> Marks:
        opening, closing = self.marking.marks(0)
        found = [self._mark(f" {opening} "), self._mark(f"{self.marking.space}{closing} ")]
        unknown = self._ids[str(self._codec.tokenizer.unk_token)]
        if any(unknown in ids or not len(ids) for ids in found):
            raise ModelError(
                f"the model's tokenizer cannot write the marks {opening} and {closing}",
                where=self._where,
                remedy="use another marker scheme (--markers brackets or xml), or another model",
            )
        return Marks(*found)

    def _mark(self, text: str) -> Ints:
        """Return the ids of a mark between two words."""
        alone = self._raw(_PROBE)
        ids = self._raw(f"{_PROBE}{text}{_PROBE}")
        start = len(alone)
        end = len(ids) - start
        return np.array(ids[start:end] if ids[:start] == alone else [], dtype=np.int64)

    def _raw(self, text: str) -> list[int]:
        side = self._side(text)
        return list(
            self._codec.tokenizer(**side, add_special_tokens=False, verbose=False)["input_ids"]
        )

    def _side(self, texts: str | list[str]) -> dict[str, str | list[str]]:
        """Return texts as an argument: Marian alone has other tokens for translations."""
        return {"text_target" if self._codec.family == "marian" else "text": texts}


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def token_offsets(text: str, tokens: Sequence[str]) -> list[tuple[int, int]]:
    """Return where each sentencepiece token stands in ``text``, for tokenizers that do not say.

    A token that is not found as it is written (the tokenizer normalised it, or knows it not)
    stands between its neighbours.
    """
    found: list[tuple[int, int] | None] = []
    cursor, unknown = 0, 0  # how many characters stand in tokens that were not found
    for token in tokens:
        surface = token.replace("▁", " ").strip()
        place = text.find(surface, cursor) if surface else cursor
        gap = text[cursor : max(place, cursor)]
        if surface and place >= 0 and len(gap.strip()) <= 2 * unknown + 1:
            found.append((place, place + len(surface)))
            cursor, unknown = place + len(surface), 0
        else:
            found.append(None if surface else (cursor, cursor))
            unknown += len(surface)
    offsets: list[tuple[int, int]] = []
    for number, own in enumerate(found):
        if own is None:
            start = offsets[-1][1] if offsets else 0
            later = next((other[0] for other in found[number + 1 :] if other), len(text))
            own = _trimmed(text, start, max(start, later))
        offsets.append(own)
    return offsets


def _target(text: str, ids: Ints, offsets: Sequence[tuple[int, int]]) -> Target:
    places = words(text)
    content = [place for place in places if is_word(text[slice(*place)])] or places
    opens, closes = [], []
    owner = np.full(len(text) + 1, -1)
    for number, (start, end) in enumerate(offsets):
        owner[start:end] = number
    for start, end in content:
        first, last = int(owner[start]), int(owner[end - 1])
        opens.append(-1)
        closes.append(-1)
        if first >= 0 and not is_word(text[offsets[first][0] : start]):
            # A piece that is only the space before the word comes after the mark.
            while first > 0 and offsets[first - 1][0] == offsets[first - 1][1]:
                first -= 1
            opens[-1] = first
        if last >= 0 and not is_word(text[end : offsets[last][1]]):
            closes[-1] = last + 1
    return Target(
        ids, tuple(content), np.array(opens, dtype=np.int64), np.array(closes, dtype=np.int64)
    )
