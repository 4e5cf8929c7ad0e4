"""Corrupted copies are what they say they are."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj import tables
from labelproj.config import AlignParams
from labelproj.evaluate.corruptions import GROSS, corrupted_job
from labelproj.formats.parallel import GoldPair
from labelproj.records import Span

ALIGN = AlignParams(name="systran")


def gold(count: int) -> list[GoldPair]:
    names = ("Amina", "Bello", "Musa", "Halima", "Grace", "Peter")
    pairs = []
    for n in range(count):
        name, other = names[n % 6], names[(n + 1 + n // 6) % 6]
        source, target = f"{name} saw {other} {n} times", f"{name} ta ga {other} sau {n} jiya"
        ends = len(source.split(f" {n}")[0]), len(target.split(" sau")[0])
        pairs.append(
            GoldPair(
                f"p{n}",
                "en",
                "ha",
                source,
                target,
                (
                    Span("a", 0, len(name), "PER"),
                    Span("b", ends[0] - len(other), ends[0], "PER"),
                ),
                (
                    Span("x", ends[1] - len(other), ends[1], "PER"),
                    Span("y", 0, len(name), "PER"),
                ),
            )
        )
    return pairs


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0, 1]))
def test_each_kind_is_what_it_says(tmp_path_factory: object, seed: int, fold: int) -> None:
    folder: Path = tmp_path_factory.mktemp("job")  # type: ignore[attr-defined]
    pairs = gold(40)
    out = folder / "units.parquet"
    foreign = {pair.id: f"texte {pair.id} en français" for pair in pairs}
    done = corrupted_job(
        pairs, fold=fold, seed=seed, out=out, align=ALIGN, work=folder, foreign=foreign
    )
    rows = {row["id"]: row for row in tables.read(out, tables.PROJECTED).to_dicts()}
    assert list(rows) == [pair.id for pair in pairs]
    kinds = list(done.units.values())
    assert kinds.count("good") == 20
    assert all(kinds.count(kind) == 4 for kind in (*GROSS, "shifted"))
    for pair in pairs:
        row, kind, marks = rows[pair.id], done.units[pair.id], done.spans[pair.id]
        text = row["tgt_text"]
        places = [(p["start"], p["end"]) for p in row["projections"]]
        if kind in ("good", "shifted"):
            assert text == pair.tgt_text
            truth = [(s.start, s.end) for s in reversed(pair.tgt_spans)]
            if kind == "good":
                assert places == truth
                assert list(marks) == ["good", "good"]
            else:
                assert "shifted" in marks
                moved = zip(places, truth, marks, strict=True)
                assert all((a != b) == (mark == "shifted") for a, b, mark in moved)
        else:
            assert list(marks) == [None, None]
            assert {
                "shuffled": text != pair.tgt_text and text in [p.tgt_text for p in pairs],
                "truncated": pair.tgt_text.startswith(text) and text != pair.tgt_text,
                "language": text == foreign[pair.id],
                "copied": text == pair.src_text,
            }[kind]
