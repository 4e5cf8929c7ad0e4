"""Which split each document of a release goes to: what belongs together stays together."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from labelproj.build.splits import SPLITS
from labelproj.progress import log
from labelproj.provenance import text_digest
from labelproj.release.groups import Groups
from labelproj.release.origin import text_of

__all__ = ["LEFT_OUT", "ORDER", "PROJECTED_TEST", "TEST", "Assignment", "assign_splits"]

#: Test data that people labelled.
TEST = "test"
#: The name says what it is: test data that nobody has labelled.
PROJECTED_TEST = "projected_test"
#: All splits, in the order they are shown.
ORDER = (*SPLITS, TEST, PROJECTED_TEST)
#: Where projected documents go whose text is in the test data: nowhere.
LEFT_OUT = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """The split of every document, and the rows of each (config, split).

    ``groups`` is the number of groups of documents that belong together, ``joined`` of documents
    that share one with another, ``moved`` of documents that leave the split they were built in
    because the rest of their group is in another, ``left_out`` of documents that are in no split
    because their text is in the test data.
    """

    splits: Mapping[str, str]
    rows: Mapping[tuple[str, str], int]
    groups: int
    joined: int
    moved: int
    left_out: int


def assign_splits(
    rows: Callable[[], Iterable[tuple[str, str, Mapping[str, Any]]]],
    *,
    threshold: float,
    projected_test: float,
    seed: int,
) -> Assignment:
    """Read all rows once (config, split, row with its origin) and give each document a split.

    A group goes to the split that most of its documents were built in, to ``train`` in a tie, so
    that few documents move. Rows of the split ``test`` stay there; what is in a group with one of
    them is left out. ``projected_test`` is the share of the other groups that go to the split of
    that name, by a hash. Memory holds the ids and the 5-grams of every text.
    """
    groups = Groups(threshold)
    built: dict[str, str] = {}
    count: Counter[tuple[str, str]] = Counter()
    for config, split, row in rows():
        document = row["source_id"]
        groups.add(document, text_of(row), lang=f"target {config.split('-', 1)[1]}")
        if row["source_text"]:
            groups.add(document, row["source_text"], lang=f"source {row['source_lang']}")
        built[document] = split if built.get(document, split) == split else SPLITS[0]
        count[config, document] += 1
    votes: dict[str, Counter[str]] = {}
    members: Counter[str] = Counter()
    for document in groups:
        group = groups.group(document)
        votes.setdefault(group, Counter())[built[document]] += 1
        members[group] += 1
    place = {
        group: _split(group, vote, projected_test=projected_test, seed=seed)
        for group, vote in votes.items()
    }
    splits = {
        document: LEFT_OUT
        if place[groups.group(document)] == TEST and split != TEST
        else place[groups.group(document)]
        for document, split in built.items()
    }
    total: Counter[tuple[str, str]] = Counter()
    for (config, document), number in count.items():
        if splits[document] != LEFT_OUT:
            total[config, splits[document]] += number
    for config, split in sorted({(c, built[document]) for c, document in count} - set(total)):
        log.warning("%s: no document is left for %s: all are like others", config, split)
    stay = (PROJECTED_TEST, LEFT_OUT)
    return Assignment(
        splits=splits,
        rows=total,
        groups=len(place),
        joined=sum(members[groups.group(document)] > 1 for document in groups),
        moved=sum(split not in (built[one], *stay) for one, split in splits.items()),
        left_out=sum(split == LEFT_OUT for split in splits.values()),
    )


def _split(group: str, votes: Counter[str], *, projected_test: float, seed: int) -> str:
    if votes[TEST]:
        return TEST
    if projected_test > 0.0:
        share = int(text_digest(PROJECTED_TEST, str(seed), group), 16) / 2**64
        if share < projected_test:
            return PROJECTED_TEST
    most = max(votes.values())
    return next(split for split in SPLITS if votes[split] == most)
