"""Marked texts are safe, histograms count, and the units to show are chosen fairly."""

import html
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.records import Span
from labelproj.report.examples import Examples
from labelproj.report.histogram import Histogram
from labelproj.report.marks import colours_of, direction, marked_text


def test_texts_are_escaped_and_marked() -> None:
    text = "<script>x</script> Tom & Ali {0}\n🎉"
    found = marked_text(
        text, [Span("s", 19, 28, "PER")], lang="en", colours=colours_of(["LOC", "PER"])
    )
    assert "<script>" not in found
    assert '<mark style="--c: var(--c1)">Tom &amp; Ali<b>PER</b></mark>' in found
    assert "{0}<br>🎉" in found


def test_labels_are_escaped_too() -> None:
    found = marked_text("Kano", [Span("s", 0, 4, "<b>")], lang="ha", colours=colours_of(["<b>"]))
    assert "<b>&lt;b&gt;</b>" in found


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("ar", "rtl"), ("he", "rtl"), ("ur", "rtl"), ("ha", "ltr"), ("en", "ltr")],
)
def test_direction(lang: str, expected: str) -> None:
    assert direction(lang) == expected
    assert f"direction: {expected}" in marked_text("a", [], lang=lang, colours={})


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet="a<&>\"'{}🎉ش ", min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 29), st.integers(1, 9)), max_size=4),
)
def test_the_text_can_be_read_off_the_page(text: str, places: list[tuple[int, int]]) -> None:
    spans = [
        Span(f"s{i}", start, min(start + length, len(text)), "X")
        for i, (start, length) in enumerate(places)
        if start < len(text)
    ]
    found = marked_text(text, spans, lang="en", colours=colours_of(["X"]))
    body = re.sub(r"<b>X</b>", "", found)
    plain = html.unescape(re.sub(r"<[^>]*>", "", body))
    assert plain.strip() == text.strip()


def test_histograms_put_outliers_at_the_edges_and_leave_nothing_out() -> None:
    chart = Histogram("t", "n", 0.0, 1.0, bins=4)
    for value in (-5.0, 0.1, 0.3, 1.0, 7.0, None, float("nan")):
        chart.add(value, accepted=True)
    chart.add(0.6, accepted=False)
    assert chart.kept == [2, 1, 0, 2]
    assert chart.rejected == [0, 0, 1, 0]
    assert chart.total == 6
    assert max(bar.kept_height + bar.rejected_height for bar in chart.bars()) == 1.0


def row(name: int, *, score: float | None = 0.5, reasons: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "id": f"u{name}",
        "signals": [{"name": "projection_score", "value": score}],
        "reasons": list(reasons),
        "verdict": "reject" if reasons else "accept",
        "mt_score": -1.0,
    }


def test_worst_come_first_and_every_filter_has_its_share() -> None:
    examples = Examples(20)
    for number in range(200):
        examples.offer(row(number, score=number / 200))
        examples.offer(row(number, reasons=("copied: x",)))
    examples.offer(row(999, reasons=("duplicate: x", "copied: x")))
    picked = examples.picked()
    assert [one["id"] for one in picked.kept] == [f"u{number}" for number in range(8)]
    assert [one["id"] for one in picked.rejected["duplicate"]] == ["u999"]
    assert len(picked.rejected["copied"]) == 7
    assert len(picked.sample) <= 4
    assert not {one["id"] for one in picked.sample} & {one["id"] for one in picked.kept}
