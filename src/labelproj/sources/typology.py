"""How alike languages are, by the vectors of lang2vec (URIEL), read from a folder of its data.

Littell et al. 2017, https://aclanthology.org/E17-2002. The data are not part of labelproj: they
are the folder ``lang2vec/data`` of the package lang2vec. Its files are arrays: ``langs`` (ISO
639-3), ``feats``, ``sources`` and ``data`` (languages, features, sources), -1 where nothing is
known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from labelproj.errors import FormatError, MissingInputError
from labelproj.languages import flores_code, iso_code

__all__ = ["ASPECTS", "Aspect", "Typology", "typology"]

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Aspect:
    """One way to compare languages: the file, its source of values, and what features begin with.

    ``distances``: the values are distances to fixed points on the globe, not properties.
    """

    file: str
    source: str
    prefix: str
    distances: bool = False


ASPECTS: Mapping[str, Aspect] = {
    "syntactic": Aspect("feature_predictions.npz", "predicted", "S_"),
    "phonological": Aspect("feature_predictions.npz", "predicted", "P_"),
    "inventory": Aspect("feature_predictions.npz", "predicted", "INV_"),
    "genetic": Aspect("family_features.npz", "FAM", ""),
    "geographic": Aspect("geocoord_features.npz", "GEOCOORDS", "", distances=True),
}


@dataclass(frozen=True, slots=True)
class Typology:
    """The similarity (0-1) of each candidate language to the target, by aspect, and what is not.

    ``missing`` has what the data lack, in words.
    """

    similar: Mapping[str, Mapping[str, float]]
    missing: tuple[str, ...]


def typology(folder: Path, *, tgt: str, candidates: Sequence[str]) -> Typology:
    """Compare ``candidates`` with ``tgt`` (ISO 639 codes) by the lang2vec data in ``folder``.

    Similarity is the cosine of two languages' vectors over the features that both have; for
    geography, 1 less the largest difference of their distances to a fixed point (a lower bound
    of the distance between them, in units of half the globe's girth). An aspect counts only
    where the target and all candidates have it. Raises MissingInputError where no lang2vec file
    is in ``folder`` and FormatError for one that cannot be read.
    """
    languages = list(dict.fromkeys(candidates))
    similar: dict[str, dict[str, float]] = {language: {} for language in languages}
    missing: list[str] = []
    read: dict[str, dict[str, Any]] = {}
    for name, aspect in ASPECTS.items():
        path = folder / aspect.file
        if not path.is_file():
            missing.append(f"{name}: no {aspect.file}")
            continue
        if aspect.file not in read:
            read[aspect.file] = _arrays(path)
        arrays = read[aspect.file]
        vectors = {one: _vector(arrays, aspect, one, where=path) for one in (tgt, *languages)}
        found = {
            one: _similarity(vectors[tgt], vectors[one], distances=aspect.distances)
            for one in languages
        }
        without = [one for one in (tgt, *languages) if vectors[one] is None]
        without += [one for one, value in found.items() if value is None and one not in without]
        if without:
            missing.append(f"{name}: nothing for {', '.join(dict.fromkeys(without))}")
            continue
        for one, value in found.items():
            similar[one][name] = float(value or 0.0)
    if not read:
        raise MissingInputError(
            "no lang2vec data here",
            where=str(folder),
            remedy="give the folder lang2vec/data of the package lang2vec, with "
            + ", ".join(sorted({one.file for one in ASPECTS.values()})),
        )
    return Typology(similar, tuple(missing))


def _arrays(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in ("langs", "feats", "sources", "data")}
    except (OSError, ValueError, KeyError, BadZipFile, EOFError) as error:
        raise FormatError(
            f"not a file of lang2vec: {str(error).splitlines()[0]}",
            where=str(path),
            remedy="copy it again from the package lang2vec",
        ) from error
    if arrays["data"].shape != tuple(len(arrays[n]) for n in ("langs", "feats", "sources")):
        raise FormatError("its arrays do not fit together", where=str(path))
    return arrays


def _vector(arrays: Mapping[str, Any], aspect: Aspect, language: str, *, where: Path) -> Any:
    """Return the values of a language, nan where unknown; None where it has no value."""
    sources = [str(one) for one in arrays["sources"]]
    if aspect.source not in sources:
        raise FormatError(f"it has no source {aspect.source!r}", where=str(where))
    langs = [str(one) for one in arrays["langs"]]
    # URIEL knows some languages by their macrolanguage (ara), others by the individual (swh).
    row = next((langs.index(code) for code in _codes(language) if code in langs), None)
    if row is None:
        return None
    columns = [n for n, name in enumerate(arrays["feats"]) if str(name).startswith(aspect.prefix)]
    raw = arrays["data"][row, :, sources.index(aspect.source)]
    values = np.asarray(raw[columns], dtype=np.float64)
    values[values < 0] = np.nan
    return None if np.isnan(values).all() else values


def _codes(language: str) -> tuple[str, ...]:
    import langcodes

    return langcodes.Language.get(iso_code(language)).to_alpha3(), flores_code(language)[:3]


def _similarity(one: Vector | None, other: Vector | None, *, distances: bool) -> float | None:
    if one is None or other is None:
        return None
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if not len(one):
        return None
    if distances:
        return float(np.clip(1.0 - np.abs(one - other).max(), 0.0, 1.0))
    length = np.linalg.norm(one) * np.linalg.norm(other)
    return float(np.clip(one @ other / length, 0.0, 1.0)) if length else None
