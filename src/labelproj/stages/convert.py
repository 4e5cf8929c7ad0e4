"""``labelproj convert``: documents from one format to another."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from labelproj.config import PrepareParams
from labelproj.errors import InputError
from labelproj.formats import write_documents
from labelproj.progress import log
from labelproj.records import Document, Reject
from labelproj.stages.prepare import ReadDocuments

__all__ = ["run_convert"]


def run_convert(
    source: str,
    target: Path,
    *,
    lang: str,
    source_format: str | None = None,
    target_format: str | None = None,
    label_map: Mapping[str, str | None] | None = None,
    strict: bool = False,
) -> dict[str, int]:
    """Read ``source`` and write ``target``; return the numbers of documents, spans and rejects.

    Bad records are reported and left out, or raise RecordError with ``strict``. Raises
    InputError, and writes nothing, where all are bad.
    """
    params = PrepareParams(label_map=dict(label_map or {}), strict=strict)
    counts: Counter[str] = Counter(documents=0, spans=0, rejected=0)

    def documents() -> Iterator[Document]:
        for _, item in ReadDocuments([source], params=params, lang=lang, format=source_format):
            if isinstance(item, Reject):
                counts["rejected"] += 1
                log.warning("%s:%s: %s", item.source, item.line or item.record_id, item.reason)
            else:
                counts["documents"] += 1
                counts["spans"] += sum(1 for _ in item.spans())
                yield item
        if not counts["documents"]:
            raise InputError(
                "no document that can be used",
                where=source,
                remedy="see the warnings; is the format right? name it with --from",
            )

    write_documents(documents(), target, format=target_format)
    return dict(counts)
