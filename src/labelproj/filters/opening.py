"""Open what the filters of a job need."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from labelproj import tables
from labelproj.align import open_aligner
from labelproj.align.ct2_states import folder_key
from labelproj.config import AlignParams, FilterParams
from labelproj.errors import MissingInputError
from labelproj.filters.evidence import Evidence
from labelproj.filters.identify import open_identifier
from labelproj.filters.resources import Comparison, PairScorer, Resources
from labelproj.provenance import file_digest, versions_of

__all__ = ["open_evidence", "open_resources", "request"]

#: Aligners that learn from the job: any other is replaced by the default, which is as good a
#: witness and need not be computed on a GPU again.
_LEARNING = {"eflomal", "systran"}


def request(
    params: FilterParams,
    *,
    units: Path,
    src: str | None,
    tgt: str | None,
    align: AlignParams | None,
    model: Path | None = None,
) -> dict[str, object]:
    """Return all that shapes what is measured, as JSON values; thresholds are not in it.

    Opens nothing, so that a job that was measured before needs no model.
    """
    language = Path(params.language_model) if params.language_model else None
    size = language.stat().st_size if language and language.is_file() else None
    note = model / "mt.json" if model and params.translation_scores else None
    return {
        "units": file_digest(units),
        "src": src,
        "tgt": tgt,
        "align": align.model_dump(mode="json") if align else None,
        "language_model": [str(language), size] if language else None,
        "identifier": versions_of("pycld2", "fasttext-numpy2"),
        "encoder": folder_key(params.encoder) if params.encoder else None,
        "back_model": folder_key(params.back_model) if params.back_model else None,
        "model": file_digest(note) if note and note.is_file() else None,
        "compare": file_digest(_table(params.compare)) if params.compare else None,
        "comet": params.comet_command,
    }


def open_evidence(units: Path, *, align: AlignParams, work: Path) -> Evidence:
    """Return the evidence of the job in ``units`` (``tables.PROJECTED``).

    With the ``work`` folder of the projection, links that were made there are found again.
    """

    def texts() -> Iterator[tuple[str, str]]:
        for table in tables.iter_frames(units, tables.PROJECTED):
            yield from table.select("src_text", "tgt_text").iter_rows()

    params = align if align.name in _LEARNING else AlignParams(extra_bitext=align.extra_bitext)
    return Evidence(open_aligner(params, work=work, src_lang="", tgt_lang=""), texts)


def open_resources(
    params: FilterParams,
    *,
    units: Path,
    src: str | None,
    tgt: str | None,
    align: AlignParams | None,
    align_work: Path,
    model: Path | None = None,
    device: str = "auto",
) -> Resources:
    """Open what ``params`` ask for; ``align`` None leaves the evidence out.

    ``model`` is the prepared MT model of the job, for ``translation_scores``. Raises what
    opening a model raises.
    """
    from labelproj.filters.scoring import OutsideEstimator, SentenceEncoder, TranslationScorer
    from labelproj.translate.cache import cached_model
    from labelproj.translate.engine import open_engine

    back = forward = similarity = None
    if params.back_model is not None:
        folder = cached_model(params.back_model, src=tgt or "", tgt=src or "")
        back = TranslationScorer(open_engine(folder, src=tgt or "", tgt=src or "", device=device))
    if params.translation_scores:
        if model is None or not model.is_dir():
            raise MissingInputError(
                "filter.translation_scores needs the MT model of the project",
                remedy="set mt.model, or translation_scores: false",
            )
        forward = TranslationScorer(open_engine(model, src=src or "", tgt=tgt or "", device=device))
    if params.encoder is not None:
        similarity = SentenceEncoder(params.encoder, src=src, tgt=tgt, device=device)
    scores_back: PairScorer | None = back if params.translation_scores else None
    return Resources(
        target=tgt,
        source=src,
        evidence=open_evidence(units, align=align, work=align_work) if align else None,
        identifier=open_identifier(params.language_model, language=tgt) if tgt else None,
        forward=forward,
        backward=scores_back,
        back=back,
        similarity=similarity,
        comet=OutsideEstimator(params.comet_command) if params.comet_command else None,
        compare=_comparison(_table(params.compare)) if params.compare else None,
    )


def _table(spec: str) -> Path:
    """Return the path of another method's table: a file, or the folder it lies in."""
    path = Path(spec)
    path = path / "units.parquet" if path.is_dir() else path
    if not path.is_file():
        raise MissingInputError(
            "no such table of projections", where=str(path), remedy="check filter.compare"
        )
    return path


def _comparison(path: Path) -> Comparison:
    places: dict[str, dict[str, tuple[tuple[int, int], ...]]] = {}
    for table in tables.iter_frames(path, tables.PROJECTED):
        for unit, projections in table.select("id", "projections").iter_rows():
            places[unit] = _places(projections or ())
    return Comparison(places)


def _places(projections: Iterable[dict[str, object]]) -> dict[str, tuple[tuple[int, int], ...]]:
    found: dict[str, tuple[tuple[int, int], ...]] = {}
    for one in projections:
        start, end = one["start"], one["end"]
        if isinstance(start, int) and isinstance(end, int):
            name = str(one["span_id"])
            found[name] = (*found.get(name, ()), (start, end))
    return found
