"""``labelproj trim-vocabulary``: an encoder with the vocabulary of given texts."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from labelproj.errors import MissingInputError
from labelproj.formats import check_inputs, read_documents
from labelproj.progress import log
from labelproj.provenance import now, signature, stream_digest, versions
from labelproj.records import Reject
from labelproj.shards import write_manifest
from labelproj.stages.from_predictions import plain_inputs
from labelproj.train.trim import trim_encoder

__all__ = ["run_trim", "texts_of"]


def run_trim(model: str, texts: Sequence[str], *, out: Path) -> dict[str, object]:
    """Write ``model`` without the tokens that ``texts`` do not have; return the manifest.

    ``texts`` are files in any readable format; ``.txt`` is a text a line. What ``out`` gets and
    ``figures`` say: :func:`labelproj.train.trim.trim_encoder`, which says what is raised, too.
    """
    started = time.monotonic()
    check_inputs(plain_inputs(texts, format=None), format=None)
    figures = trim_encoder(model, lambda: texts_of(texts), out=out)
    manifest: dict[str, object] = {
        "stage": "trim-vocabulary",
        "signature": signature(
            "trim-vocabulary", {"model": model, "texts": stream_digest(texts_of(texts))}
        ),
        "model": model,
        "inputs": list(texts),
        "versions": versions(),
        "created": now(),
        "seconds": round(time.monotonic() - started, 2),
        "figures": figures,
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def texts_of(specs: Sequence[str]) -> Iterator[str]:
    """Yield the texts of files in any readable format, and the translations they come with.

    A ``.txt`` file is a text a line. Bad records are left out and counted in a warning. Raises
    MissingInputError for a file without any text, and what the formats raise.
    """
    for spec in plain_inputs(specs, format=None):
        count = rejected = 0
        for one in read_documents(spec, lang="und"):
            if isinstance(one, Reject):
                rejected += 1
                continue
            for segment in one.segments:
                for text in (segment.text, segment.translation):
                    if text and text.strip():
                        count += 1
                        yield text
        if not count:
            raise MissingInputError("no text in it", where=spec)
        if rejected:
            log.warning("%s: %d records could not be read and are left out", spec, rejected)
