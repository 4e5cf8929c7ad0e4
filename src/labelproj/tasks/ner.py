"""Named entities, and whatever else is labelled spans in a text."""

from collections.abc import Iterable
from typing import Any, ClassVar

from labelproj.build.documents import Reassembled
from labelproj.build.features import ner_features, ner_rows, tag_names
from labelproj.config import BuildParams
from labelproj.records import Document
from labelproj.tasks.base import Case, Dataset, Row, Task, plain_prompt

__all__ = ["Ner"]


class _Rows(Dataset):
    def __init__(self, labels: Iterable[str]):
        super().__init__()
        self._labels = sorted(set(labels))
        self._names = tag_names(self._labels)
        self._numbers = {name: number for number, name in enumerate(self._names)}
        self.counts["spans_not_in_tags"] = 0

    def features(self) -> Any:
        return ner_features(self._names)

    def rows(self, one: Reassembled, *, signature: str) -> list[Row]:
        rows, left_over = ner_rows(one, names=self._numbers, signature=signature)
        self.counts["spans_not_in_tags"] += left_over
        return rows

    def labels(self) -> dict[str, object]:
        return {"labels": self._labels, "ner_tags": self._names}

    def counted(self, row: Row) -> Iterable[str]:
        return [span["label"] for span in row["spans"]]  # type: ignore[attr-defined]

    def about(self) -> str:
        return (
            "Each row is a document. `tokens` and `ner_tags` (IOB2) are for training; `spans` has "
            "every label with its place in `text` (code points, half-open), its score and its "
            "method. `status` says whether people have seen all of a row (`reviewed`), some of it "
            "(`partly reviewed`) or none (`machine`). `complete` is false where some sentences of "
            "the source document were rejected. Overlapping spans that the tags have no room for: "
            f"{self.counts['spans_not_in_tags']}."
        )


class Ner(Task):
    """Spans with labels, each for itself: any segments, any spans."""

    name = "ner"
    title = "named entities"
    ids: ClassVar[tuple[str, ...]] = ("named-entity-recognition",)
    exports: ClassVar[tuple[tuple[str, str], ...]] = ((".conll", "conll"), (".jsonl", "jsonl"))
    augmentable: ClassVar[tuple[str, ...]] = ("code-switch", "names")

    def dataset(self, labels: Iterable[str], *, params: BuildParams) -> Dataset:
        """Return rows with tokens and IOB2 tags."""
        return _Rows(labels)

    def cases(self, document: Document) -> list[Case]:
        """Return a case a segment that has text."""
        several = len(document.segments) > 1
        return [
            plain_prompt(f"{document.id}/{segment.id}" if several else document.id, segment)
            for segment in document.segments
            if segment.text.strip()
        ]
