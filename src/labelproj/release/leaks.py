"""What stands in two splits and should stand in one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labelproj.release.groups import TextIndex
from labelproj.release.origin import text_of

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
    ) -> Iterator[tuple[str, str]]:
        """Yield each row into which another split leaks, and what; ``languages``: (src, tgt)."""
        for row in rows:
            here = f"row {row.get('id')!r}"
            place = f"{config}/{split} {here}"
            document = row.get("source_id")
            if document is not None:
                where, first = self._documents.setdefault(document, (split, config))
                if where != split:
                    yield here, f"leak: source document {document!r} is in {first}/{where} too"
            texts = {"source_text": row.get("source_text") or "", "text": text_of(row)}
            for (column, text), lang in zip(texts.items(), languages, strict=True):
                said = self._alike(text, place, split, f"{column} {lang}")
                if said:
                    yield here, said

    def _alike(self, text: str, place: str, split: str, kind: str) -> str | None:
        """Say which text of another split is the most like this one, if any is."""
        if kind not in self._indices:
            self._indices[kind] = TextIndex(self._threshold)
        found = self._indices[kind].add(
            (split, place), text, wanted=lambda key: isinstance(key, tuple) and key[0] != split
        )
        best = max(found, key=lambda match: match[1], default=None)
        if best is None:
            return None
        key, similarity = best
        other = key[1] if isinstance(key, tuple) else key
        alike = "is the same as" if similarity >= 1.0 else f"is {similarity:.2f} like"
        return f"leak: its {kind.split(' ')[0]} {alike} that of {other}"
