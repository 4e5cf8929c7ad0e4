"""Each filter measures what it says, and rejects at its threshold with its reason."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import Pair, make_units, sample
from labelproj import tables
from labelproj.config import FilterParams, Thresholds
from labelproj.filters import FILTERS, Job, judge, median_ratio

OFF = FilterParams(
    length_ratio=None, copied=None, repetition=None, missing_spans=None, duplicate=False
)


def signal(name: str, pair: Pair, *, job: Job | None = None) -> float | None:
    made = FILTERS[name].of(FilterParams(), job or Job())
    return made.signals(make_units([[pair]]))[0]


def test_names_are_those_of_the_registry() -> None:
    assert {name: kind.name for name, kind in FILTERS.items()} == {name: name for name in FILTERS}


def test_every_threshold_has_a_filter() -> None:
    assert set(Thresholds.model_fields) == set(FILTERS) - {"mt_failed", "truncated"}


def test_length_ratio_is_relative_to_the_job_and_gentle_with_short_texts() -> None:
    job = Job(median_ratio=2.0)
    assert signal("length_ratio", Pair("x" * 100, "y" * 200), job=job) == 1.0
    assert signal("length_ratio", Pair("x" * 100, "y" * 800), job=job) == pytest.approx(810 / 210)
    assert signal("length_ratio", Pair("x" * 100, "y" * 50), job=job) == pytest.approx(210 / 60)
    short = signal("length_ratio", Pair("No", "Aa'a"), job=Job())
    assert short is not None and short < 1.2
    assert signal("length_ratio", Pair("x", "", status="failed")) is None


@pytest.mark.parametrize("rows", [1, 7, 100])
def test_median_ratio_does_not_depend_on_the_pieces(rows: int) -> None:
    table = make_units([[Pair("x" * 20, "y" * n)] for n in range(1, 62)])
    pieces = [table[i : i + rows] for i in range(0, len(table), rows)]
    assert median_ratio(pieces) == pytest.approx(31 / 20, rel=2e-3)


def test_median_ratio_of_nothing_is_one() -> None:
    assert median_ratio([]) == 1.0
    assert median_ratio([make_units([[Pair("x", "")]])]) == 1.0


def test_copied_leaves_names_numbers_and_spans_out() -> None:
    text = "the market was quiet after the flood"
    assert signal("copied", Pair(text, text)) == 1.0
    assert signal("copied", Pair(text, "kasuwar ta yi shiru bayan ambaliyar")) == 0.0
    names = "Amina Bello, Musa Sani and Rima United: 3 - 2"
    assert signal("copied", Pair(names, names.replace("and", "da"))) == 0.0
    spans = "the [ORG:1 bank of the north] in may"
    assert signal("copied", Pair(spans, "a [ORG:1 bank of the north] na watan mayu")) == 0.0
    assert signal("copied", Pair("RESULTS OF THE DAY", "RESULTS OF THE DAY")) == 1.0
    assert signal("copied", Pair(text, text), job=Job(same_language=True)) == 0.0
    assert signal("copied", Pair("a b c d", "a b c d", status="copied")) == 0.0


def test_repetition_finds_loops_and_forgives_the_source() -> None:
    assert signal("repetition", Pair("good", "ruwa mai yawa a kogin nan")) == 0.0
    looped = signal("repetition", Pair("good", "da kuma " * 20))
    assert looped is not None and looped > 0.9
    phrase = "ya ce zai zo gobe da safe tare da su, "
    again = signal("repetition", Pair("good", phrase * 3))
    assert again is not None and again > 0.5
    assert signal("repetition", Pair("-" * 30, "-" * 30)) == 0.0
    assert signal("repetition", Pair("水", "水" * 30)) == 1.0


def test_missing_spans_counts_spans_not_parts() -> None:
    pair = Pair("[PER:1 A] met [PER:2 B] at [LOC:3 C]", "[PER:1 A] da [LOC:3 C]")
    assert signal("missing_spans", pair) == pytest.approx(1 / 3)
    assert signal("missing_spans", Pair("no spans", "babu")) == 0.0
    assert signal("projection_score", pair) == 0.9
    assert signal("projection_score", Pair("no spans", "babu")) is None


def test_the_margin_is_read_from_the_evidence() -> None:
    rows = make_units([[Pair("[A:1 a] [B:2 b]", "[A:1 c] [B:2 d]")]]).to_dicts()
    rows[0]["projections"][0]["evidence"] = [{"name": "margin", "value": 1.5}]
    made = FILTERS["projection_margin"].of(FilterParams(projection_margin=2.0), Job())
    assert list(made.signals(tables.frame(rows, tables.PROJECTED))) == [1.5]
    assert made.reason(1.5) == (
        "projection_margin: a span's place is better than the next by less than 2"
    )


def test_failed_is_rejected_whatever_the_thresholds() -> None:
    filters = [kind.of(OFF, Job()) for kind in FILTERS.values()]
    table = make_units(
        [[Pair("a b", "", status="failed")], [Pair("a b", " ")], [Pair("x", "y" * 999)]]
    )
    judged = judge(table, filters, job=Job())
    assert judged["verdict"].to_list() == ["reject", "reject", "accept"]


def test_duplicates_are_found_across_pieces() -> None:
    made = FILTERS["duplicate"].of(FilterParams(), Job())
    first = make_units([[Pair("a b", "c d")], [Pair("a", "b c d")]])
    assert list(made.signals(first)) == [0.0, 0.0]
    assert list(made.signals(first)) == [1.0, 1.0]


def test_every_row_has_all_signals_and_all_reasons() -> None:
    params = FilterParams(projection_score=0.6)
    filters = [kind.of(params, Job()) for kind in FILTERS.values()]
    judged = judge(make_units(sample()), filters, job=Job())
    tables.check(judged, tables.FILTERED, where="test")
    for signals in judged["signals"].to_list():
        assert [one["name"] for one in signals] == list(FILTERS)
    reasons = [{reason.split(":")[0] for reason in found} for found in judged["reasons"].to_list()]
    assert reasons == [
        set(),
        {"projection_score"},
        set(),
        {"missing_spans"},
        {"copied"},
        {"repetition", "length_ratio"},
        {"mt_failed"},
        {"truncated"},
    ]


WORDS = st.text(alphabet="ab ƙ-水🎉1.\n", max_size=60)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_signals_stay_in_their_range(pairs: list[tuple[str, str]]) -> None:
    table = make_units([[Pair(source, target) for source, target in pairs]])
    for name, kind in FILTERS.items():
        for value in kind.of(FilterParams(), Job()).signals(table):
            if name in ("length_ratio", "brevity"):
                assert value is None or value >= 1.0
            elif name == "mt_score":
                assert value == -0.4
            else:
                assert value is None or 0.0 <= value <= 1.0
