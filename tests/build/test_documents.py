"""Documents are put together exactly."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Pair, make_documents, make_units, marked, sample, write_tables
from labelproj import tables
from labelproj.build import Reassembled, reassemble, target_documents
from labelproj.config import FilterParams
from labelproj.errors import StorageError
from labelproj.records import Document
from labelproj.stages.filter import run_filter


def accepted(units: pl.DataFrame, chosen: Sequence[bool] | None = None) -> pl.DataFrame:
    """Make a table of FILTERED rows of the chosen units."""
    table = units.with_columns(
        pl.Series("signals", [[]] * len(units), dtype=tables.FILTERED["signals"]),
        pl.lit("accept").alias("verdict"),
        pl.Series("reasons", [[]] * len(units), dtype=tables.FILTERED["reasons"]),
    )
    return table if chosen is None else table.filter(pl.Series(list(chosen), dtype=pl.Boolean))


def built(
    folder: Path,
    documents: Sequence[Sequence[Pair]],
    *,
    tgt: str = "ha",
    chosen: Sequence[bool] | None = None,
) -> list[Reassembled]:
    kept, table = folder / "kept.parquet", folder / "documents.parquet"
    tables.write(accepted(make_units(documents), chosen), kept, tables.FILTERED)
    tables.write(make_documents(documents), table, tables.DOCUMENTS)
    return list(reassemble(kept, table, tgt=tgt))


def surfaces(document: Document) -> list[tuple[str, str]]:
    return [(span.label, span.surface(segment.text)) for segment, span in document.spans()]


def test_units_are_joined_by_what_stood_between_them(tmp_path: Path) -> None:
    pairs = [
        Pair("[PER:1 Musa] came.", "[PER:1 Musa] ya zo."),
        Pair("He left.", "Ya tafi.", lead="\n\n"),
        Pair("[LOC:2 Kano] is big.", "[LOC:2 Kano] babba ce.", lead=""),
    ]
    (one,) = built(tmp_path, [pairs])
    assert one.document.segments[0].text == "Musa ya zo.\n\nYa tafi. Kano babba ce."
    assert surfaces(one.document) == [("PER", "Musa"), ("LOC", "Kano")]
    assert one.complete
    assert one.document.lang == "ha"


def test_rejected_units_leave_a_document_that_says_so(tmp_path: Path) -> None:
    pairs = [Pair("One.", "Ɗaya."), Pair("Two.", "Biyu."), Pair("Three.", "Uku.")]
    documents = [pairs, [Pair("Gone.", "Ya tafi.")], [Pair("Here.", "Nan.")]]
    found = built(tmp_path, documents, chosen=[False, True, True, False, True])
    assert [one.document.id for one in found] == ["d0", "d2"]
    assert [one.complete for one in found] == [False, True]
    assert found[0].document.segments[0].text == "Biyu. Uku."


def test_unspaced_languages_get_no_spaces(tmp_path: Path) -> None:
    pairs = [Pair("One.", "一。"), Pair("Two.", "二。"), Pair("Three.", "三。", lead=" \n")]
    (one,) = built(tmp_path, [pairs], tgt="zh")
    assert one.document.segments[0].text == "一。二。\n三。"


def test_a_document_of_several_segments_keeps_them_apart(tmp_path: Path) -> None:
    units = make_units([[Pair("Where?", "Ina?"), Pair("In [LOC:1 Kano].", "A [LOC:1 Kano].")]])
    units = units.with_columns(
        pl.Series("segment_id", ["q", "a"]), pl.Series("role", ["question", "context"])
    )
    segments = [
        {"id": "q", "role": "question", "n_units": 1},
        {"id": "empty", "role": "context", "n_units": 0},
        {"id": "a", "role": "context", "n_units": 1},
    ]
    documents = make_documents([[Pair("x", "x")]]).with_columns(
        pl.Series("segments", [segments], dtype=tables.DOCUMENTS["segments"]),
        pl.lit('{"answer": 1}').alias("payload"),
    )
    kept, table = tmp_path / "kept.parquet", tmp_path / "documents.parquet"
    tables.write(accepted(units), kept, tables.FILTERED)
    tables.write(documents, table, tables.DOCUMENTS)
    (document,) = target_documents(kept, table, tgt="ha")
    assert [(s.id, s.role, s.text) for s in document.segments] == [
        ("q", "question", "Ina?"),
        ("empty", "context", ""),
        ("a", "context", "A Kano."),
    ]
    assert document.payload == {"answer": 1}
    assert surfaces(document) == [("LOC", "Kano")]


def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    units, documents = write_tables(tmp_path, sample())
    run_filter(units=units, out=tmp_path, params=FilterParams())
    tables.write(make_documents(sample()[:1]), documents, tables.DOCUMENTS)
    with pytest.raises(StorageError, match="'d1' is not among the documents"):
        list(target_documents(tmp_path / "kept.parquet", documents, tgt="ha"))


def test_a_span_outside_its_translation_is_refused(tmp_path: Path) -> None:
    units = make_units([[Pair("[LOC:1 Kano]", "[LOC:1 Kano]")]])
    units = units.with_columns(pl.lit("Ka").alias("tgt_text"))
    kept, table = tmp_path / "kept.parquet", tmp_path / "documents.parquet"
    tables.write(accepted(units), kept, tables.FILTERED)
    tables.write(make_documents([[Pair("x", "x")]]), table, tables.DOCUMENTS)
    with pytest.raises(StorageError, match="outside the translation"):
        list(reassemble(kept, table, tgt="ha"))


SURFACE = st.text(alphabet="abKƙ🎉\u0301水 ", min_size=1, max_size=8).filter(
    lambda text: text == text.strip() and text != ""
)


@st.composite
def sentence(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(SURFACE, st.booleans()), min_size=1, max_size=4))
    return " ".join(
        f"[PER:{number} {text}]" if labelled else text
        for number, (text, labelled) in enumerate(parts)
    )


LEADS = st.sampled_from([" ", "  ", "\n", " \u3000", "\r\n"])


@settings(max_examples=60, deadline=None)
@given(
    documents=st.lists(
        st.lists(st.tuples(sentence(), LEADS), min_size=1, max_size=4), min_size=1, max_size=4
    ),
    data=st.data(),
)
def test_identity_gives_the_source_again(
    tmp_path_factory: pytest.TempPathFactory,
    documents: list[list[tuple[str, str]]],
    data: st.DataObject,
) -> None:
    pairs = [[Pair(text, text, lead=lead) for text, lead in units] for units in documents]
    number = sum(len(units) for units in pairs)
    chosen = data.draw(st.lists(st.booleans(), min_size=number, max_size=number))
    folder = tmp_path_factory.mktemp("documents")
    whole = built(folder, pairs)
    for one, units in zip(whole, pairs, strict=True):
        source = "".join(
            (unit.lead if index else "") + marked(unit.source)[0]
            for index, unit in enumerate(units)
        )
        assert one.document.segments[0].text == source
    order = iter(chosen)
    expected = []
    for units in pairs:
        left = [unit for unit in units if next(order)]
        if left:
            spans = [marked(unit.target) for unit in left]
            expected.append([span.surface(text) for text, found in spans for span in found])
    part = built(folder, pairs, chosen=chosen)
    assert [[surface for _, surface in surfaces(one.document)] for one in part] == expected
    assert sum(one.complete for one in part) <= len(part)
