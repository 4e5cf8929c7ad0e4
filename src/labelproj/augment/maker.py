"""Makes new records of labelled documents, as ``augment`` parameters say."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import ClassVar

from labelproj.align import TokenPair, token_pair
from labelproj.augment.changes import Change, apart, changed
from labelproj.augment.code_switch import fragment_changes, span_changes
from labelproj.augment.names import Names, name_changes
from labelproj.errors import UsageError
from labelproj.formats.conll import READ_LINES
from labelproj.provenance import text_digest
from labelproj.records import Document, Segment
from labelproj.tasks import Task
from labelproj.train_params import AugmentParams
from labelproj.translate.bitext_spans import SpanFinder, SpanPair

__all__ = [
    "AUGMENTED",
    "LONGEST",
    "ExampleMaker",
    "SourcePair",
    "check_methods",
    "in_batches",
    "token_pairs",
]

#: The key of a document's payload that says how it was made.
AUGMENTED = "augmented"
#: Words of a text in which aligned fragments are looked for, at most.
LONGEST = 200
#: What gold pairs and CoNLL files say of places in their texts: it is not so of a changed text.
_OF_THE_OLD_TEXT = {"src_tokens", "tgt_tokens", "alignments", READ_LINES}
#: A target document, and the same in the source language where that is known.
SourcePair = tuple[Document, Document | None]
#: Documents that are worked on together.
_BATCH = 512


def check_methods(params: AugmentParams, task: Task) -> None:
    """Raise UsageError for a method that would make untrue records of those of ``task``."""
    wrong = [method for method in params.methods if method not in task.augmentable]
    if wrong:
        able = " or ".join(task.augmentable)
        raise UsageError(
            f"the records of {task.name} would not be true any more with {' or '.join(wrong)}",
            remedy=f"use {able}" if able else f"{task.name} cannot be augmented",
        )


def in_batches(pairs: Iterable[SourcePair]) -> Iterator[list[SourcePair]]:
    """Yield ``pairs`` in pieces that are worked on together."""
    waiting = iter(pairs)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def token_pairs(pairs: Iterable[SourcePair]) -> Iterator[TokenPair]:
    """Yield the words of the segments that both sides have and that are not too long."""
    for document, other in pairs:
        for _, pair in _aligned_segments(document, other):
            yield pair


def _aligned_segments(
    document: Document, other: Document | None
) -> Iterator[tuple[str, TokenPair]]:
    sources = {segment.id: segment.text for segment in other.segments} if other else {}
    for segment in document.segments:
        pair = token_pair(sources.get(segment.id, ""), segment.text)
        if 0 < len(pair.src) <= LONGEST and 0 < len(pair.tgt) <= LONGEST:
            yield segment.id, pair


@dataclass(frozen=True, slots=True)
class ExampleMaker:
    """Makes records of documents and of the same documents in the other language.

    ``names`` are those of the method ``names``; ``finder`` finds aligned fragments and has
    learnt from the texts (None: labelled spans alone change). Every choice hangs on ``seed``,
    the document's id and the number of the copy alone.
    """

    params: AugmentParams
    seed: int
    names: Names
    finder: SpanFinder | None = None

    SUFFIX: ClassVar[Mapping[str, str]] = {"code-switch": "switched", "names": "renamed"}

    def made(self, batch: Sequence[SourcePair]) -> Iterator[Document]:
        """Yield the records made of a batch of target documents, each with its source or None.

        The segments of both have the same ids. Nothing comes of a document in which there is
        nothing to replace, nor of one that was itself made so. A record's payload says under
        ``augmented`` what it was made ``from``, by which ``method`` and ``seed``, and the
        ``changes``: where in the new text, of what ``kind``, and what ``was`` there.
        """
        fragments = self._fragments(batch)
        for number, (document, other) in enumerate(batch):
            if AUGMENTED in document.payload:
                continue
            for method in self.params.methods:
                for copy in range(1, self.params.copies + 1):
                    rng = random.Random(text_digest(str(self.seed), method, document.id, str(copy)))
                    if method == "names":
                        possible = [name_changes(s, self.names, rng) for s in document.segments]
                        new = self._record(document, possible, method, copy, rng)
                    elif other is None:
                        new = None
                    else:
                        new = self._switched(document, other, fragments[number], copy, rng)
                    if new is not None:
                        yield new

    def _switched(
        self,
        document: Document,
        other: Document,
        fragments: Mapping[str, Sequence[SpanPair]],
        copy: int,
        rng: random.Random,
    ) -> Document | None:
        turned = self.params.matrix == "target"
        frame, words = (document, other) if turned else (other, document)
        counterparts = {segment.id: segment for segment in words.segments}
        possible = []
        for segment in frame.segments:
            there = counterparts.get(segment.id, replace(segment, text="", spans=()))
            found = fragment_changes(segment, there, fragments.get(segment.id, ()), turned=turned)
            rng.shuffle(found)
            possible.append([*span_changes(segment, there), *found])
        # The payload is the target's: there it has been brought to the target's places.
        named = Document(document.id, frame.lang, frame.segments, document.payload)
        return self._record(named, possible, "code-switch", copy, rng)

    def _record(
        self,
        document: Document,
        possible: Sequence[Sequence[Change]],
        method: str,
        copy: int,
        rng: random.Random,
    ) -> Document | None:
        """Make a share of the ``possible`` changes of each segment, one at least in all."""
        places = [(n, one) for n, own in enumerate(possible) for one in apart(own)]
        if not places:
            return None
        drawn = rng.sample(places, max(1, round(self.params.share * len(places))))
        segments: list[Segment] = []
        done: list[dict[str, object]] = []
        for number, segment in enumerate(document.segments):
            new, made = changed(segment, apart(one for n, one in drawn if n == number))
            segments.append(new)
            done += made
        said = {"from": document.id, "method": method, "seed": self.seed, "changes": done}
        if method == "code-switch":
            said["matrix"] = document.lang
        return Document(
            f"{document.id}+{self.SUFFIX[method]}{copy}",
            document.lang,
            tuple(segments),
            {k: v for k, v in document.payload.items() if k not in _OF_THE_OLD_TEXT}
            | {AUGMENTED: said},
        )

    def _fragments(self, batch: Sequence[SourcePair]) -> list[dict[str, list[SpanPair]]]:
        """Return the aligned fragments of each segment of each document, by the segment's id."""
        found: list[dict[str, list[SpanPair]]] = [{} for _ in batch]
        if self.finder is None:
            return found
        keys: list[tuple[int, str]] = []
        pairs: list[TokenPair] = []
        for number, (document, other) in enumerate(batch):
            for name, pair in _aligned_segments(document, other):
                keys.append((number, name))
                pairs.append(pair)
        for (number, name), spans in zip(keys, self.finder.find(pairs), strict=True):
            found[number][name] = spans
        return found
