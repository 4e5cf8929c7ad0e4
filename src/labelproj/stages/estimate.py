"""``labelproj project --dry-run``: count what there is to do; write nothing."""

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence

from labelproj.config import PrepareParams, TranslateParams
from labelproj.formats import check_inputs
from labelproj.progress import log, track
from labelproj.records import Document, Reject
from labelproj.stages.prepare import ReadDocuments, units_of
from labelproj.text import words
from labelproj.translate.engine import check_model, open_engine, pick_device
from labelproj.translate.hub import local_folder
from labelproj.translate.model import is_ct2_folder, load_tokenizer

__all__ = ["estimate"]

#: Units translated to find the speed of a model that is ready.
SAMPLE = 32
#: Seconds that a core needs for a token and a million parameters (int8, beam 4): measured with
#: the small model of the tests' kind, so no more than a guess for others.
SECONDS_PER_TOKEN = 1e-4
#: Bytes of a parameter in a Hugging Face folder (float32).
PARAMETER_BYTES = 4


def estimate(
    inputs: Sequence[str],
    *,
    src: str,
    tgt: str,
    mt: str | None,
    mt_tokenizer: str | None = None,
    prepare: PrepareParams,
    translate: TranslateParams,
    format: str | None = None,
    task: str = "ner",
    reshape: Callable[[Document], Document] | None = None,
) -> dict[str, object]:
    """Return the numbers of records, rejects, units, spans, words and tokens, and the seconds.

    Tokens are the MT model's where it is a local folder, else words. ``seconds`` is measured on
    a sample for a CTranslate2 folder, guessed from the model's size for a Hugging Face folder,
    and None for one on the Hub; it is the time of translating alone. ``reshape`` is that of
    :func:`labelproj.stages.prepare.run_prepare`. Raises what reading raises
    and, for a local model, ModelNotFoundError, UnknownLanguageError and DeviceError.
    """
    counts: Counter[str] = Counter(records=0, rejected=0, units=0, spans=0, words=0, tokens=0)
    check_inputs(inputs, format=format)
    folder = local_folder(mt) if mt else None
    own = local_folder(mt_tokenizer) if mt_tokenizer else folder
    if folder:
        if own is folder:
            check_model(folder, src=src, tgt=tgt)
        pick_device(translate.device, translate.compute_type)
    tokenizer = load_tokenizer(own) if own else None
    sample: list[str] = []
    read = ReadDocuments(
        inputs, params=prepare, lang=src, format=format, task=task, reshape=reshape
    )
    with track("counting", prepare.limit) as progress:
        for _, item in read:
            progress.advance(1)
            counts["records"] += 1
            if isinstance(item, Reject):
                counts["rejected"] += 1
                continue
            for segment, unit in units_of(item, lang=src, splitter=prepare.splitter):
                counts["units"] += 1
                counts["spans"] += len(unit.spans)
                counts["words"] += len(words(unit.text))
                if segment.translation is None:
                    counts["tokens"] += (
                        len(tokenizer.encode(unit.text)) if tokenizer else len(words(unit.text))
                    )
                    if len(sample) < SAMPLE:
                        sample.append(unit.text)
    result: dict[str, object] = dict(counts)
    result["seconds"] = None if counts["tokens"] else 0.0
    if mt is None and counts["tokens"]:
        log.warning("texts without a translation need an MT model: give --mt")
    if folder and is_ct2_folder(folder) and sample:
        engine = open_engine(
            folder, src=src, tgt=tgt, device=translate.device, compute_type=translate.compute_type
        )
        engine.translate(sample[:2], translate)
        started = time.monotonic()
        engine.translate(sample, translate)
        rate = (time.monotonic() - started) / sum(engine.count_tokens(sample))
        result["seconds"] = round(rate * counts["tokens"], 1)
    elif folder and counts["tokens"]:
        size = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
        millions = size / PARAMETER_BYTES / 1e6
        cores = os.cpu_count() or 1
        result["seconds"] = round(counts["tokens"] * millions * SECONDS_PER_TOKEN / cores, 1)
    return result
