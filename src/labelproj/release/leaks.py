"""What stands in two splits and should stand in one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labelproj.release.groups import TextIndex

__all__ = ["LeakFinder"]


class LeakFinder:
    """Looks at rows one by one and says which are already in another split.

    Three ways to leak: the same source document (in any config), the same text or source text
    once normalised, and a text that is nearly the same (see :class:`TextIndex`). Each row is
    reported once for each way at most.
    """

    def __init__(self, threshold: float):
        self._threshold = threshold
        self._documents: dict[str, tuple[str, str]] = {}
        self._indices: dict[str, TextIndex] = {}

    def look(
        self,
        rows: Iterable[Mapping[str, Any]],
        *,
        config: str,
        split: str,
        languages: tuple[str, str],
    ) -> Iterator[str]:
        """Yield what leaks from other splits into ``rows``; ``languages`` are source and target."""
        for row in rows:
            here = f"{config}/{split} row {row.get('id')!r}"
            document = row.get("source_id")
            if document is not None:
                where, first = self._documents.setdefault(document, (split, config))
                if where != split:
                    yield f"{here}: source document {document!r} is in {first}/{where} too"
            for column, lang in (("source_text", languages[0]), ("text", languages[1])):
                if row.get(column):
                    yield from self._alike(row[column], here, split, f"{column} {lang}")

    def _alike(self, text: str, here: str, split: str, kind: str) -> Iterator[str]:
        if kind not in self._indices:
            self._indices[kind] = TextIndex(self._threshold)
        column = kind.split(" ")[0]
        # The index stops at the first like text: one is enough to know.
        matches = self._indices[kind].add(
            (split, here), text, wanted=lambda key: isinstance(key, tuple) and key[0] != split
        )
        found = list(matches)
        if found:
            key, similarity = max(found, key=lambda match: match[1])
            other = key[1] if isinstance(key, tuple) else key
            alike = "is the same as" if similarity >= 1.0 else f"is {similarity:.2f} like"
            yield f"{here}: its {column} {alike} that of {other}"
