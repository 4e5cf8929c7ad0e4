"""``labelproj convert``: documents from one format to another."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from labelproj.config import PrepareParams
from labelproj.errors import FormatError, InputError
from labelproj.formats import format_by_name, format_named, write_documents
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

    Bad records are reported and left out, or raise RecordError with ``strict``; so are documents
    and labels that the target's format has no place for. Raises InputError, and writes nothing,
    where all are bad or none can be written.
    """
    params = PrepareParams(label_map=dict(label_map or {}), strict=strict)
    counts: Counter[str] = Counter(documents=0, spans=0, rejected=0)
    alone = 0
    name = target_format or format_by_name(str(target))

    def documents() -> Iterator[Document]:
        nonlocal alone
        for _, item in ReadDocuments([source], params=params, lang=lang, format=source_format):
            if isinstance(item, Reject):
                counts["rejected"] += 1
                log.warning("%s:%s: %s", item.source, item.line or item.record_id, item.reason)
            else:
                counts["documents"] += 1
                counts["spans"] += sum(1 for _ in item.spans())
                alone += sum(span.group is None for _, span in item.spans())
                yield item
        if not counts["documents"]:
            raise InputError(
                "no document that can be used",
                where=source,
                remedy="see the warnings; is the format right? name it with --from",
            )

    written = write_documents(documents(), target, format=name)
    if not written:
        target.unlink(missing_ok=True)  # brat writes no folder for nothing
        raise FormatError(
            f"no document is of the kind that {name} holds",
            where=source,
            remedy="choose another format; jsonl holds every document",
        )
    if left := counts["documents"] - written:
        log.warning("%s: %d documents are none of %s and are not in the file", target, left, name)
    if alone and format_named(name).events_only:
        log.warning("%s: %d labels are of no event and are not in the file", target, alone)
    return dict(counts)
