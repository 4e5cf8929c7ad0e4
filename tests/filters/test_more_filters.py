"""Languages, numbers, names, labels, overlaps, near-duplicates, models and programs."""

import json
import shlex
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from builders import Pair, make_units
from labelproj import tables
from labelproj.config import FilterParams, TranslateParams
from labelproj.errors import (
    DependencyError,
    FormatError,
    LabelprojError,
    ModelNotFoundError,
    UsageError,
)
from labelproj.filters import FILTERS, Job
from labelproj.filters.combine import GOOD, Logistic, load_combiner
from labelproj.filters.identify import Cld2, open_identifier
from labelproj.filters.near import NEAR, near_duplicates
from labelproj.filters.opening import request
from labelproj.filters.resources import Comparison, Resources
from labelproj.filters.scoring import OutsideEstimator, SentenceEncoder, TranslationScorer
from labelproj.translate.engine import open_engine


def signals(name: str, *pairs: Pair, resources: Resources | None = None) -> list[float | None]:
    made = FILTERS[name].of(FilterParams(), Job(resources=resources or Resources()))
    return list(made.signals(make_units([list(pairs)])))


def test_numbers_are_the_same_in_all_scripts() -> None:
    pairs = Pair("in 1,000 years", "a shekaru 1000"), Pair("page 12", "صفحة ١٢")
    assert signals("numbers", *pairs) == [0.0, 0.0]
    assert signals("numbers", Pair("3 of 4", "3"), Pair("none", "babu")) == [
        pytest.approx(1 / 3),
        None,
    ]


def test_names_are_found_across_scripts() -> None:
    pairs = Pair("Today Ivanov came", "Сегодня пришёл Иванов"), Pair("We saw Kano", "Mun ga gari")
    assert signals("names", *pairs, Pair("no names", "babu")) == [0.0, 1.0, None]


def test_labels_are_compared_as_bags() -> None:
    pair = Pair("[PER:1 A] met [PER:2 B] at [LOC:3 C]", "[PER:1 A] da [LOC:3 C]")
    assert signals("labels", pair, Pair("none", "babu")) == [pytest.approx(1 / 3), None]


def test_overlaps_count_unless_the_sources_overlap() -> None:
    table = make_units([[Pair("[A:1 one two] [B:2 three]", "[A:1 daya biyu] [B:2 uku]")]])
    rows = table.to_dicts()
    rows[0]["projections"][1]["start"] = 2
    moved = tables.frame(rows, tables.PROJECTED)
    made = FILTERS["overlapping_spans"].of(FilterParams(), Job())
    assert list(made.signals(table)) == [0.0]
    assert list(made.signals(moved)) == [1.0]


def test_sentences_that_are_lost() -> None:
    pairs = Pair("One. Two. Three.", "Daya. Biyu."), Pair("One.", "Daya."), Pair("One. Two.", "")
    assert signals("sentences", *pairs) == [pytest.approx(1 / 3), 0.0, None]


def test_brevity_counts_what_is_short_only() -> None:
    values = signals("brevity", Pair("x" * 100, "y" * 45), Pair("x" * 100, "y" * 400))
    assert values == [2.0, 1.0]


def test_likeness_is_one_for_a_copy() -> None:
    copy, other = signals("likeness", Pair("Play Amina", "Play Amina"), Pair("abc", "xyz"))
    assert (copy, other) == (1.0, 0.0)


HAUSA = "Gwamnan jihar ya gana da manoma a ranar Litinin da ta gabata."
ENGLISH = "The governor of the state met the farmers last Monday morning."


def test_cld2_knows_hausa() -> None:
    identifier = Cld2()
    assert identifier.knows("ha") and not identifier.knows("kmb")
    assert identifier.otherness([HAUSA, ENGLISH, "a", "!?"], "ha") == [0.0, 1.0, None, None]
    resources = Resources(target="ha", source="en", identifier=identifier)
    values = signals("language", Pair(ENGLISH, HAUSA), Pair(ENGLISH, ENGLISH), resources=resources)
    assert values == [0.0, 1.0]
    assert open_identifier(None, language="kmb") is None


def test_names_do_not_make_a_text_foreign() -> None:
    resources = Resources(target="ha", source="en", identifier=Cld2())
    source = "He listened to The Governor of the State Morning Show"
    target = "Ya saurari The Governor of the State Morning Show"
    assert signals("language", Pair(source, target), resources=resources) == [0.0]


def write_fasttext(path: Path, texts: dict[str, str]) -> None:
    """Write a fastText model (format 12) that knows each language by the words of one text.

    The trainer of the package stops with NaN on texts this few.
    """
    words = [(word, n) for n, text in enumerate(texts.values()) for word in text.split()]
    entries = [("</s>", 0)] + [(word, 0) for word in dict(words)]
    entries += [(f"__label__{name}", 1) for name in texts]
    size, n_words = len(texts), len(dict(words)) + 1
    # dim, ws, epoch, minCount, neg, wordNgrams, loss (softmax), model (supervised), bucket,
    # minn, maxn, lrUpdateRate, t
    args = struct.pack("<12id", size, 5, 5, 1, 5, 1, 3, 3, 0, 0, 0, 100, 1e-4)
    counts = struct.pack("<3i2q", len(entries), n_words, size, n_words, -1)
    rows = b"".join(w.encode() + b"\0" + struct.pack("<qb", 1, kind) for w, kind in entries)
    vectors = np.zeros((n_words, size), dtype="<f4")
    vectors[np.arange(1, n_words), list(dict(words).values())] = 10.0
    matrices = b"".join(
        struct.pack("<?2q", False, *matrix.shape) + matrix.tobytes()
        for matrix in (vectors, np.eye(size, dtype="<f4"))
    )
    path.write_bytes(struct.pack("<2i", 793712314, 12) + args + counts + rows + matrices)


def test_a_fasttext_model(tmp_path: Path) -> None:
    pytest.importorskip("fasttext")
    write_fasttext(tmp_path / "lid.bin", {"hau_Latn": HAUSA, "eng_Latn": ENGLISH})
    identifier = open_identifier(str(tmp_path / "lid.bin"), language="ha")
    assert identifier is not None and not identifier.knows("fr")
    hausa, english = identifier.otherness([HAUSA, ENGLISH], "ha")
    assert hausa is not None and english is not None
    assert hausa < 0.1 and english > 0.9
    (tmp_path / "bad.bin").write_bytes(b"no model")
    with pytest.raises(ModelNotFoundError, match="not a fastText model"):
        open_identifier(str(tmp_path / "bad.bin"), language="ha")
    with pytest.raises(ModelNotFoundError, match="no such language model"):
        open_identifier(str(tmp_path / "none.bin"), language="ha")


def test_near_duplicates_look_back(tmp_path: Path) -> None:
    text = "the market of the old town was quiet after the long flood in the north"
    pairs = [
        Pair(text, "kasuwar tsohon gari ta yi shiru bayan ambaliyar"),
        Pair("something else", "wani abu dabam"),
        Pair(text + "!", "kasuwar tsohon gari ta yi shiru bayan ambaliyar"),
    ]
    table = make_units([pairs])
    out = tmp_path / "near.parquet"
    near_duplicates(lambda: [table[:2], table[2:]], count=3, out=out, work=tmp_path)
    first, second, third = tables.read(out, NEAR)["value"]
    assert (first, second) == (0.0, 0.0)
    assert third > 0.8
    assert [path.name for path in tmp_path.iterdir()] == ["near.parquet"]
    near_duplicates(lambda: [table[:0]], count=0, out=out, work=tmp_path)
    assert tables.read(out, NEAR).is_empty()


def test_agreement_with_another_method() -> None:
    pair = Pair("[A:1 one] [B:2 two] [C:3 three]", "[A:1 daya] [B:2 biyu] [C:3 uku]")
    other = {"s1": ((0, 4),), "s2": ((5, 7),)}
    resources = Resources(compare=Comparison({"d0:text:0": other}))
    made = FILTERS["agreement"].of(FilterParams(), Job(resources=resources))
    table = make_units([[pair], [pair]])
    assert made.span_signals(table) == [[1.0, 0.5, 0.0], [None] * 3]  # type: ignore[attr-defined]
    assert list(made.signals(table)) == [0.0, None]


def test_an_mt_model_scores_both_ways(tiny_mt: Path, tiny_hf: Path) -> None:
    engine = open_engine(tiny_mt, src="en", tgt="ha")
    scorer = TranslationScorer(engine)
    (own,) = engine.translate(["Amina lives in Kano."], TranslateParams())
    resources = Resources(forward=scorer, backward=scorer, back=scorer)
    right = Pair("Amina lives in Kano.", own.text)
    wrong = Pair("Amina lives in Kano.", "Kano Kano an Amina ruwan")
    empty = Pair("Amina lives in Kano.", "")
    values = signals("forward_probability", right, wrong, empty, resources=resources)
    assert values[0] is not None and values[1] is not None
    assert values[0] > values[1] + 1
    assert values[2] is None
    chrf = signals("round_trip", right, empty, resources=resources)
    assert chrf[0] is not None and 0 <= chrf[0] <= 1
    assert chrf[1] is None
    encoder = SentenceEncoder(str(tiny_hf), src="en", tgt="ha", device="cpu")
    close, far, none = signals(
        "similarity",
        Pair("Amina lives in Kano.", "Amina lives in Kano."),
        Pair("Rain fell in Zaria.", "Amina lives in Kano."),
        empty,
        resources=Resources(similarity=encoder),
    )
    assert close is not None and far is not None and close > far
    assert none is None


SCRIPT = """
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
with open(sys.argv[2], "w", encoding="utf-8") as out:
    for row in rows{slice}:
        out.write(json.dumps({{"id": row["id"], "score": len(row["mt"]) / 10}}) + "\\n")
"""


def outside(folder: Path, code: str) -> OutsideEstimator:
    script = folder / "score.py"
    script.write_text(code, encoding="utf-8")
    program = shlex.quote(sys.executable)
    return OutsideEstimator(f"{program} {shlex.quote(str(script))} {{input}} {{output}}")


def test_a_program_of_its_own(tmp_path: Path) -> None:
    resources = Resources(comet=outside(tmp_path, SCRIPT.format(slice="")))
    pairs = Pair("a b", "12345"), Pair("a", ""), Pair("a b", "ƙ🎉")
    assert signals("comet", *pairs, resources=resources) == [0.5, None, 0.2]


def test_what_a_program_can_do_wrong(tmp_path: Path) -> None:
    rows = [{"id": "a", "src": "x", "mt": "y"}, {"id": "b", "src": "x", "mt": "y"}]
    with pytest.raises(UsageError, match=r"no \{input\} and \{output\}"):
        OutsideEstimator("comet-score")
    with pytest.raises(DependencyError, match="No such file"):
        OutsideEstimator("/no/such/program {input} {output}").estimate(rows)
    with pytest.raises(LabelprojError, match="out of memory"):
        outside(tmp_path, "raise SystemExit('out of memory')").estimate(rows)
    with pytest.raises(FormatError, match="no score for 1 of 2 rows, the first is 'b'"):
        outside(tmp_path, SCRIPT.format(slice="[:1]")).estimate(rows)
    with pytest.raises(FormatError, match="no score for 2"):
        outside(tmp_path, "").estimate(rows)
    with pytest.raises(FormatError, match="line 1 of the output"):
        outside(tmp_path, "import sys; open(sys.argv[2], 'w').write('3\\n')").estimate(rows)


def test_a_logistic_regression_is_read_as_it_was_written() -> None:
    rows = [[float(n), None if n % 3 else 1.0] for n in range(20)]
    model = Logistic.fit(("a", "b"), rows, [GOOD if n > 9 else "bad" for n in range(20)])
    assert Logistic.of(json.loads(json.dumps(model.as_dict())), ("a", "b")) == model
    good = model.good(rows)
    assert good[0] < 0.2 < 0.8 < good[-1]
    assert list(model.good([])) == []


def test_the_combiner_that_comes_along(tmp_path: Path) -> None:
    own = load_combiner(None)
    assert GOOD in own.unit.classes and GOOD in own.span.classes
    (tmp_path / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(FormatError, match="not a combiner"):
        load_combiner(tmp_path / "bad.json")
    with pytest.raises(LabelprojError, match="no such combiner"):
        load_combiner(tmp_path / "none.json")


def test_a_language_model_that_is_not_there_is_not_what_was_measured(tmp_path: Path) -> None:
    units = tmp_path / "units.parquet"
    units.write_bytes(b"")
    asked = [
        request(FilterParams(language_model=model), units=units, src="en", tgt="ha", align=None)
        for model in (None, str(tmp_path / "none.bin"))
    ]
    assert asked[0] != asked[1]
