"""What is to be known of the texts of a candidate or of the target: sizes, and a fair sample.

Overlap depends on how much text is looked at, so that a large corpus would always win. Samples are
drawn by a hash of each text, the same in every run, and compared at equal numbers of words.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from labelproj.provenance import text_digest
from labelproj.records import Document
from labelproj.text import words

__all__ = ["Profile", "Tokens", "coverage", "lower_words", "profile_of"]

#: Texts in a sample.
SAMPLE = 2000
#: A text -> what is counted of it.
Tokens = Callable[[str], list[str]]


@dataclass(slots=True)
class Profile:
    """The size of a corpus, and at most ``SAMPLE`` of its texts in the order of their hashes.

    ``translations`` is the same draw of the translations that came along, empty unless every
    text has one.
    """

    documents: int = 0
    spans: int = 0
    words: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)
    translations: list[str] = field(default_factory=list)


def profile_of(documents: Iterable[Document]) -> Profile:
    """Go through a corpus once; memory does not grow with it."""
    found = Profile()
    drawn: list[tuple[int, int, str, str | None]] = []
    complete = True
    number = 0
    for document in documents:
        found.documents += 1
        for segment in document.segments:
            if not segment.text.strip():
                continue
            found.spans += len(segment.spans)
            found.labels.update(span.label for span in segment.spans)
            found.words += len(words(segment.text))
            complete = complete and segment.translation is not None
            # The largest of the negated hashes goes first: the smallest hashes stay.
            item = (
                -int(text_digest(segment.text), 16),
                -number,
                segment.text,
                segment.translation,
            )
            number += 1
            if len(drawn) < SAMPLE:
                heapq.heappush(drawn, item)
            else:
                heapq.heappushpop(drawn, item)
    drawn.sort(reverse=True)
    found.texts = [text for *_, text, _ in drawn]
    found.translations = [given for *_, given in drawn if given is not None] if complete else []
    return found


def lower_words(text: str) -> list[str]:
    """Return the words of a text that have a letter, in lower case."""
    found = (text[start:end] for start, end in words(text))
    return [word.casefold() for word in found if any(map(str.isalpha, word))]


def coverage(
    target: Sequence[str],
    sources: Sequence[Sequence[str]],
    *,
    tokens: Tokens,
    distinct: bool = False,
) -> list[float]:
    """Return for each source the share (0-1) of the target's tokens that the source has too.

    With ``distinct`` each token counts once, however often it occurs: a few short words that two
    languages happen to share would say most otherwise. Of every source the same number of
    tokens is looked at: as many as the smallest has. 0 where there is nothing to compare.
    """
    wanted = Counter(token for text in target for token in tokens(text))
    if distinct:
        wanted = Counter(set(wanted))
    cut = [[token for text in source for token in tokens(text)] for source in sources]
    least = min(map(len, cut), default=0)
    shared = (wanted.keys() & set(own[:least]) for own in cut)
    return [sum(wanted[token] for token in own) / max(1, wanted.total()) for own in shared]
