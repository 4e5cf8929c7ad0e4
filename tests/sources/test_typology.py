"""Languages are compared by files like those of lang2vec, and gaps are said."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelproj.errors import FormatError, MissingInputError
from labelproj.sources.typology import ASPECTS, typology

LANGS = ("eng", "fra", "hau", "swh")
#: Invented values, not those of URIEL: a language a row, a feature a column, -1 unknown.
PREDICTED = [
    [1.0, 0.0, 1.0, 0.0],
    [1.0, 0.0, 0.0, 1.0],
    [1.0, 1.0, 1.0, 0.0],
    [0.0, 1.0, -1.0, 1.0],
]


def write(path: Path, values: list[list[float]], *, feats: list[str], source: str) -> None:
    data = np.array(values, dtype=np.float64)[:, :, None]
    np.savez(path, langs=np.array(LANGS), feats=np.array(feats), sources=[source], data=data)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ["S_A", "S_B", "P_A", "INV_A"]
    write(tmp_path / "feature_predictions.npz", PREDICTED, feats=names, source="predicted")
    families = [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    write(tmp_path / "family_features.npz", families, feats=["F1", "F2", "F3"], source="FAM")
    places = [[0.1, 0.4], [0.15, 0.4], [0.3, 0.2], [0.5, 0.3]]
    write(tmp_path / "geocoord_features.npz", places, feats=["G1", "G2"], source="GEOCOORDS")
    return tmp_path


def test_vectors_are_compared(folder: Path) -> None:
    found = typology(folder, tgt="en", candidates=["fr", "ha", "fr"])
    assert list(found.similar) == ["fr", "ha"]
    french = found.similar["fr"]
    assert french["syntactic"] == pytest.approx(1.0)
    assert found.similar["ha"]["syntactic"] == pytest.approx(0.5**0.5)
    assert french["genetic"] == pytest.approx(0.5**0.5)
    assert french["geographic"] == pytest.approx(0.95)
    assert found.similar["ha"]["geographic"] == pytest.approx(0.8)
    # A vector of zeros is like nothing, and the cosine has nothing to say.
    assert "inventory" not in french
    assert found.missing == (
        "phonological: nothing for fr",
        "inventory: nothing for fr, ha",
    )


def test_an_aspect_counts_only_where_all_have_it(folder: Path) -> None:
    (folder / "family_features.npz").unlink()
    found = typology(folder, tgt="ha", candidates=["en", "sw", "yo"])
    assert all(not own for own in found.similar.values())
    assert "genetic: no family_features.npz" in found.missing
    assert "syntactic: nothing for yo" in found.missing
    known = typology(folder, tgt="ha", candidates=["en", "sw"])
    assert set(known.similar["sw"]) == {"syntactic", "geographic"}


def test_other_files_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no lang2vec data"):
        typology(tmp_path / "none", tgt="en", candidates=["fr"])
    (folder / "family_features.npz").write_text("no array")
    with pytest.raises(FormatError, match="not a file of lang2vec"):
        typology(folder, tgt="en", candidates=["fr"])
    write(folder / "family_features.npz", [[1.0]] * 4, feats=["F1"], source="other")
    with pytest.raises(FormatError, match="no source 'FAM'"):
        typology(folder, tgt="en", candidates=["fr"])
    np.savez(
        folder / "family_features.npz",
        langs=np.array(LANGS),
        feats=np.array(["F1"]),
        sources=np.array(["FAM"]),
        data=np.zeros((2, 1, 1)),
    )
    with pytest.raises(FormatError, match="do not fit"):
        typology(folder, tgt="en", candidates=["fr"])


@given(
    st.lists(
        st.lists(st.sampled_from([-1.0, 0.0, 0.25, 1.0]), min_size=4, max_size=4),
        min_size=4,
        max_size=4,
    )
)
def test_similarities_are_shares(
    tmp_path_factory: pytest.TempPathFactory, values: list[list[float]]
) -> None:
    folder = tmp_path_factory.mktemp("lang2vec")
    for file in {one.file for one in ASPECTS.values()}:
        source = next(one.source for one in ASPECTS.values() if one.file == file)
        write(folder / file, values, feats=["S_A", "S_B", "P_A", "INV_A"], source=source)
    found = typology(folder, tgt="en", candidates=["fr", "sw"])
    said = {one.split(":")[0] for one in found.missing}
    for own in found.similar.values():
        assert all(0.0 <= value <= 1.0 for value in own.values())
        assert said | set(own) == set(ASPECTS)
