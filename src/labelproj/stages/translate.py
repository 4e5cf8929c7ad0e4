"""Stage ``translate``: units in, the same units with their translations out."""

import time
from pathlib import Path

import polars as pl

from labelproj import tables
from labelproj.config import TranslateParams
from labelproj.errors import ModelNotFoundError
from labelproj.progress import log, track
from labelproj.provenance import now, signature, versions
from labelproj.shards import run_sharded, write_manifest
from labelproj.translate.engine import Engine, open_engine
from labelproj.translate.marked import MarkedTranslation, check_marks, translate_marked
from labelproj.translate.model import model_digest, read_note
from labelproj.translate.schemes import SCHEMES

__all__ = ["run_translate"]

#: What the translations depend on. The make-up of batches is not among it: with int8 it moves
#: the last digits of scores and one translation in some hundreds, and who lowers the batch
#: size because memory is full keeps the shards that are done.
_SHAPING = ("beam_size", "max_input_tokens", "max_output_tokens", "compute_type")


def run_translate(
    *,
    units: Path,
    model: Path | None,
    out: Path,
    params: TranslateParams,
    src: str,
    tgt: str,
    work: Path,
    resume: bool = True,
    upstream: str = "",
) -> dict[str, object]:
    """Translate the table ``units`` (``UNITS``) into ``out/units.parquet`` (``TRANSLATED``).

    ``model`` is a prepared model folder; it is not needed where every row brings its
    translation (``given``), which is then taken as it is, with status ``given`` and no score.
    Finished shards lie in ``work``: an interrupted run goes on where it stopped.

    Returns the manifest. Raises MissingInputError, ModelNotFoundError, UnknownLanguageError,
    DeviceError, StorageError.
    """
    started = time.monotonic()
    total, to_translate, origin = _survey(units)
    if to_translate and model is None:
        raise ModelNotFoundError(
            f"{to_translate} of {total} units have no translation and no model is given",
            where=str(units),
            remedy="give a model (--mt), or `tgt_text` with every record",
        )
    digest = model_digest(model) if model is not None and to_translate else None
    if digest and model is not None:
        _warn_of_scheme(model, params)
    shaping = {name: getattr(params, name) for name in _SHAPING}
    mark = signature(
        "translate",
        {"model": digest, "src": src, "tgt": tgt, "upstream": upstream or origin}
        | ((shaping | _marking(params)) if digest else {}),
    )
    engine: Engine | None = None

    def process(table: pl.DataFrame) -> pl.DataFrame:
        nonlocal engine
        if engine is None and model is not None and table["given"].null_count():
            engine = open_engine(
                model, src=src, tgt=tgt, device=params.device, compute_type=params.compute_type
            )
            if params.markers:
                check_marks(engine.codec, SCHEMES[params.markers], where=str(model))
        return _translate(table, engine, params, mark)

    target = out / "units.parquet"
    with track("translate", total) as progress:
        counts = run_sharded(
            process,
            source=units,
            source_schema=tables.UNITS,
            out=target,
            out_schema=tables.TRANSLATED,
            signature=mark,
            work=work,
            rows_per_shard=params.rows_per_shard,
            progress=progress,
            resume=resume,
        )
    seconds = time.monotonic() - started
    by_status, by_flag = _results(target)
    manifest: dict[str, object] = {
        "stage": "translate",
        "signature": mark,
        "params": {"src": src, "tgt": tgt, "model": digest, **params.model_dump(mode="json")},
        "versions": versions(),
        "created": now(),
        "seconds": round(seconds, 3),
        "counts": {
            "in": total,
            "kept": total - by_status.get("failed", 0),
            "rejected": 0,
            "failed": by_status.get("failed", 0),
            "status": by_status,
            "flags": by_flag,
        },
        "shards": {"computed": counts.computed, "resumed": counts.resumed},
    }
    write_manifest(out / "manifest.json", manifest)
    return manifest


def _translate(
    table: pl.DataFrame, engine: Engine | None, params: TranslateParams, mark: str
) -> pl.DataFrame:
    given = table["given"].to_list()
    sources = table["src_text"].to_list()
    todo = [i for i, translation in enumerate(given) if translation is None]
    texts: list[str | None] = list(given)
    scores: list[float | None] = [None] * len(given)
    status = ["given"] * len(given)
    flags: list[list[str]] = [[] for _ in given]
    marked: list[str | None] = [None] * len(given)
    if todo and engine is not None:
        if params.markers:
            spans = table["src_spans"].to_list()
            labelled = [(sources[i], tables.spans_of(spans[i])) for i in todo]
            found = translate_marked(engine, labelled, params, scheme=SCHEMES[params.markers])
        else:
            plain = engine.translate([sources[i] for i in todo], params)
            found = [MarkedTranslation(translation, None) for translation in plain]
        for i, (translation, marks) in zip(todo, found, strict=True):
            texts[i], scores[i], marked[i] = translation.text, translation.score, marks
            status[i], flags[i] = translation.status, list(translation.flags)
    return table.with_columns(
        pl.lit(mark).alias("signature"),
        pl.Series("tgt_text", texts, dtype=pl.String),
        pl.Series("marked", marked, dtype=pl.String),
        pl.Series("mt_score", scores, dtype=pl.Float64),
        pl.Series("mt_status", status, dtype=pl.String),
        pl.Series("mt_flags", flags, dtype=pl.List(pl.String)),
    ).select(list(tables.TRANSLATED))


def _marking(params: TranslateParams) -> dict[str, object]:
    """Return what of the parameters shapes translations of marked text; nothing without marks."""
    if params.markers is None:
        return {}
    return {"markers": params.markers, "lost_marks": params.lost_marks}


def _warn_of_scheme(model: Path, params: TranslateParams) -> None:
    taught = read_note(model).get("markers")
    if params.markers and taught and taught != params.markers:
        log.warning("%s was taught %s and is sent %s", model, taught, params.markers)


def _survey(units: Path) -> tuple[int, int, str]:
    """Return the number of rows, of rows to translate, and the signatures of all rows."""
    total = missing = 0
    marks: set[str] = set()
    for table in tables.iter_frames(units, tables.UNITS):
        total += len(table)
        missing += table["given"].null_count()
        marks.update(table["signature"].unique().to_list())
    return total, missing, " ".join(sorted(marks))


def _results(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    by_status: dict[str, int] = {}
    by_flag: dict[str, int] = {}
    for table in tables.iter_frames(path, tables.TRANSLATED):
        for counts, column in ((by_status, table["mt_status"]), (by_flag, _flags(table))):
            for name, count in column.value_counts().iter_rows():
                counts[name] = counts.get(name, 0) + count
    return by_status, by_flag


def _flags(table: pl.DataFrame) -> pl.Series:
    return table["mt_flags"].explode().drop_nulls()
