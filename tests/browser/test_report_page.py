"""The report in a real browser: no errors, filters, search, links, keys, colours, directions."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builders import Pair, sample, write_tables
from chromium import Browser, find_chromium
from labelproj.config import (
    FilterParams,
    PrepareParams,
    ProjectParams,
    ReportParams,
    TranslateParams,
)
from labelproj.stages.filter import run_filter
from labelproj.stages.job import run_job
from labelproj.stages.report import report_folder, run_report

pytestmark = pytest.mark.browser

BINS = [
    {"score": 0.75, "right": 0.8, "number": 30},
    {"score": 0.95, "right": 0.9, "number": 9},
]
METRICS = {
    "systems": {
        "projected": {"f1": 73.1, "f1_low": 70.0, "f1_high": 76.0, "per_label": {"PER": 80.0}},
        "gold": {"f1": 80.0, "f1_low": 78.0, "f1_high": 82.0, "per_label": {}},
    },
    "projection": {
        "methods": {
            "one": {"exact": {"f1": 91.0}, "calibration": BINS},
            "two": {"exact": {"f1": 85.0}},
        }
    },
}
ODD = Pair(
    "😀 [PER:1 Amina] & <b> {{x}} [LOC:2 Kano]\nA\u200b e\u0301",
    "\u202b😀 [PER:1 أمينة] & <b> [LOC:2 كانو]\nب",
    score=0.61,
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert find_chromium(), "make test-browser needs Chromium"
    with Browser() as one:
        one.size(1200, 900)
        yield one


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    units, _ = write_tables(folder, [*sample(8), [ODD]])
    run_filter(units=units, out=folder / "filtered", params=FilterParams())
    (folder / "metrics.json").write_text(json.dumps(METRICS))
    none = folder / "none"
    run_report(
        prepared=none, translated=none, projected=none, dataset=none,
        filtered=folder / "filtered", evaluation=folder, out=folder / "report",
        params=ReportParams(), task="ner", src="en", tgt="ar",
    )  # fmt: skip
    return f"file://{folder / 'report' / 'index.html'}"


READY = "document.documentElement.dataset.ready === 'yes'"
FOUND = "Number(document.getElementById('count').dataset.found)"


def opened(browser: Browser, page: str, hash: str = "") -> None:
    browser.errors.clear()
    browser.open("about:blank")
    browser.open(page + hash)
    browser.wait(READY)


def test_it_opens_without_errors(browser: Browser, page: str) -> None:
    opened(browser, page)
    assert browser.errors == []
    assert browser.run(FOUND) == 65
    assert browser.run("document.querySelectorAll('.chart svg').length") >= 7
    assert browser.run("document.querySelectorAll('#cards article').length") == 25
    said = browser.run("document.getElementById('trained').textContent")
    assert "73.1" in said and "70.0–76.0" in said
    assert "two" in browser.run("document.getElementById('methods').textContent")


def test_search_and_filters(browser: Browser, page: str) -> None:
    opened(browser, page)
    browser.press("/")
    browser.type("MANOMI 3.")
    browser.wait(f"{FOUND} === 1")
    assert "q=MANOMI" in browser.run("location.hash")
    browser.run("document.querySelector('#filters button[type=reset]').click()")
    browser.wait(f"{FOUND} === 65")
    for name, value, number in (("verdict", "rejected", 40), ("label", "DATE", 8)):
        select = f"document.getElementById('filters').elements.{name}"
        browser.run(f"{select}.value = '{value}'; {select}.form.dispatchEvent(new Event('input'))")
        browser.wait(f"{FOUND} === {number}")
        browser.run("document.querySelector('#filters button[type=reset]').click()")
        browser.wait(f"{FOUND} === 65")
    opened(browser, page, "#reason=copied&verdict=rejected")
    assert browser.run(FOUND) == 8
    assert browser.run("document.querySelector('#filters [name=reason]').value") == "copied"
    opened(browser, page, "#by=span+score&min=0.6&max=0.62")
    assert browser.run(FOUND) == 1


def test_figures_lead_to_their_rows(browser: Browser, page: str) -> None:
    opened(browser, page)
    # A link in a table, a tile, and the charts themselves, by what a click on them reports.
    browser.run("[...document.querySelectorAll('#overview td button')][0].click()")
    first = browser.run(FOUND)
    assert 0 < first < 65 and "verdict" in browser.run("location.hash")
    browser.run("history.back()")
    browser.wait(f"{FOUND} === 65")
    box = browser.run(
        "(() => { const bars = document.querySelectorAll('#labels .chart path[fill]');"
        "document.querySelector('#labels .chart').scrollIntoView({block: 'center'});"
        "const one = [...bars].find((bar) => bar.getBoundingClientRect().width > 40);"
        "const r = one.getBoundingClientRect();"
        "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        browser.call(
            "Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1
        )
    browser.wait("location.hash.includes('label=')")
    assert browser.run(FOUND) < 65


def test_spans_light_up_together_and_are_in_their_place(browser: Browser, page: str) -> None:
    opened(browser, page, "#q=%F0%9F%98%80")
    assert browser.run(FOUND) == 1
    marks = browser.run(
        "[...document.querySelectorAll('article mark')].map((m) => m.firstChild.textContent)"
    )
    assert marks == ["Amina", "Kano", "أمينة", "كانو"]
    sides = browser.run("[...document.querySelectorAll('.pair > div')].map((d) => [d.lang, d.dir])")
    assert sides == [["en", "ltr"], ["ar", "rtl"]]
    text = browser.run("document.querySelector('.pair > div').textContent")
    assert "<b> {{x}}" in text and "A\u200b e\u0301" in text
    browser.run("document.querySelector('article mark').focus()")
    lit = "[...document.querySelectorAll('mark.on')].map((m) => m.firstChild.textContent)"
    assert browser.run(lit) == ["Amina", "أمينة"]
    browser.run("document.activeElement.blur()")
    assert browser.run(lit) == []


def test_keys(browser: Browser, page: str) -> None:
    opened(browser, page)
    at = "document.activeElement.dataset.id"
    ids = browser.run("[...document.querySelectorAll('article')].map((a) => a.dataset.id)")
    for key, expected in (("j", ids[0]), ("j", ids[1]), ("k", ids[0])):
        browser.press(key)
        assert browser.run(at) == expected
    browser.press("n")
    browser.wait("location.hash.includes('page=2')")
    browser.press("p")
    browser.wait("!location.hash.includes('page=')")
    browser.press("/")
    assert browser.run("document.activeElement.name") == "q"
    browser.press("Escape")
    assert browser.run("document.activeElement.name ?? ''") == ""


def test_odd_jobs(browser: Browser, tmp_path: Path) -> None:
    """A job without rows, one without spans, and one with very many labels."""
    many = [
        Pair(f"[{label}:1 Amina] came {label}.", f"[{label}:1 Amina] ta zo {label}.")
        for label in (f"{a}{b}{c}" for a in "ABCD" for b in "ABCD" for c in "ABCD")
    ]
    for number, pairs in enumerate(([], [Pair("It rained.", "An yi ruwa.")], many)):
        folder = tmp_path / str(number)
        units, _ = write_tables(folder, [[pair] for pair in pairs])
        run_filter(units=units, out=folder, params=FilterParams())
        report_folder(folder, src="en", tgt="ha")
        opened(browser, f"file://{folder / 'report.html'}")
        assert browser.errors == []
        assert browser.run(FOUND) == len(pairs)
        assert browser.run("document.getElementById('overview').offsetHeight") < 3000


def test_methods_side_by_side(browser: Browser, tmp_path: Path) -> None:
    units, _ = write_tables(tmp_path, sample(2))
    run_filter(units=units, out=tmp_path / "filtered", params=FilterParams())
    label = {"PER": {"exact": {"f1": 70.0}}}
    one = {"exact": {"f1": 91.0}, "calibration": BINS, "per_label": label}
    (tmp_path / "metrics.json").write_text(json.dumps({"methods": {"one": one, "two": one}}))
    place = {"start": 0, "end": 5, "label": "NEW", "score": 0.5}
    answers = {
        "one": {"right": True, "spans": [place | {"right": True}], "missing": []},
        "two": {"right": False, "spans": [place | {"end": 8, "right": False}], "missing": []},
    }
    example = {"id": "<p1>", "src_text": "Amina came.", "tgt_text": "أمينة جاءت"}
    example |= {"src_spans": [place], "gold": [place], "methods": answers}  # type: ignore[dict-item]
    kinds = [{"right": ["one"], "texts": 3}]
    found = {"patterns": kinds, "examples": [example | {"id": str(n)} for n in range(6)]}
    (tmp_path / "methods.json").write_text(json.dumps(found))
    times = {"one": {"learning": 1.0, "ms_per_unit": 12.5}}
    (tmp_path / "manifest.json").write_text(json.dumps({"times": times}))
    none = tmp_path / "none"
    run_report(
        prepared=none, translated=none, projected=none, dataset=none,
        filtered=tmp_path / "filtered", evaluation=tmp_path, out=tmp_path / "report",
        params=ReportParams(), task="ner", src="en", tgt="ar",
    )  # fmt: skip
    opened(browser, f"file://{tmp_path / 'report' / 'index.html'}")
    assert browser.errors == []
    assert browser.run("document.querySelectorAll('#methods .chart svg').length") == 2
    assert "12.5" in browser.run("document.querySelector('#methods table').textContent")
    assert browser.run("document.querySelectorAll('#methods article').length") == 6
    wrong = "document.querySelector('#methods mark.wrong')"
    assert browser.run(f"{wrong}.firstChild.textContent") == "أمينة جا"
    assert browser.run(f"{wrong}.closest('[lang]').dir") == "rtl"
    browser.size(390, 800, dark=True)
    opened(browser, f"file://{tmp_path / 'report' / 'index.html'}")
    assert browser.run("document.documentElement.scrollWidth") <= 390
    browser.size(1200, 900)


def test_dark_and_narrow(browser: Browser, page: str) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    opened(browser, page)
    light = browser.run(shade)
    browser.size(390, 800, dark=True)
    opened(browser, page)
    assert browser.run(shade) != light
    assert browser.run("document.documentElement.scrollWidth") <= 390
    browser.size(1200, 900)


EVENT = {
    "id": "e1",
    "src_text": "The mill burned in Ora <b>.",
    "tgt_text": "احترقت الطاحونة في أورا.",
    "src_spans": [
        {"id": "E1", "group": "E1", "label": "Fire", "start": 9, "end": 15},
        {"id": "E1|Thing|T1", "group": "E1", "label": "Thing", "start": 0, "end": 8},
        {"id": "E1|Place|T2", "group": "E1", "label": "Place", "start": 19, "end": 22},
    ],
}
ASKED = {
    "id": "q1",
    "segments": [
        {
            "id": "context",
            "role": "context",
            "text": "Musa came to Kano in 1998.",
            "tgt_text": "جاء Musa إلى Kano في 1998.",
            "spans": [
                {"start": 0, "end": 4, "label": "answer", "group": "a"},
                {"start": 21, "end": 25, "label": "answer", "group": "b"},
            ],
        },
        {"id": "a", "role": "question", "text": "Who came?", "tgt_text": "من جاء؟"},
        {"id": "b", "role": "question", "text": "When?", "tgt_text": "متى؟"},
    ],
}
TURNS = [
    {
        "user": "0.user",
        "agent": "0.agent",
        "state": [["food", "dish", "equal_to", ["fish"]]],
        "agent_acts": [["offer", "food", "dish", "equal_to", ["fish"]]],
        "calls": [["find", [["food", "dish", "equal_to", ["fish"]]]]],
    },
    {"user": "1.user"},
]
TALK = {
    "id": "t1",
    "dialogue": {"turns": TURNS},
    "segments": [
        {
            "id": "0.user",
            "role": "user",
            "text": "I want Fish.",
            "tgt_text": "أريد Fish.",
            "spans": [{"start": 7, "end": 11, "label": "dish", "group": "fish"}],
        },
        {"id": "0.agent", "role": "agent", "text": "We have none.", "tgt_text": "لا يوجد."},
        {"id": "1.user", "role": "user", "text": "Then nothing.", "tgt_text": "إذن لا شيء."},
    ],
}


def drawn(browser: Browser, folder: Path, task: str, records: list[dict[str, Any]]) -> None:
    """Open the report of a job of these records, with a browser that finds what is drawn."""
    (folder / "in.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    run_job(
        inputs=[f"jsonl:{folder / 'in.jsonl'}"],
        out=folder / "out",
        src="en",
        tgt="ar",
        mt=None,
        task=task,
        prepare=PrepareParams(),
        translate=TranslateParams(),
        project=ProjectParams.model_validate({"align": {"name": "systran"}}),
        filters=FilterParams(copied=None),
    )
    report_folder(folder / "out")
    opened(browser, f"file://{folder / 'out' / 'report.html'}")
    browser.wait("Number(document.getElementById('drawn-count').dataset.found) > 0")
    assert browser.errors == []


def test_events_are_joined_by_edges(browser: Browser, tmp_path: Path) -> None:
    drawn(
        browser, tmp_path, "eae", [EVENT, {"id": "none", "src_text": "Rain.", "tgt_text": "مطر."}]
    )
    source = "document.querySelector('#drawings .graph')"
    assert browser.run(f"{source}.querySelectorAll('svg path').length") == 4
    assert browser.run(f"{source}.querySelector('mark.trigger').firstChild.textContent") == "burned"
    assert "<b>" in browser.run(f"{source}.textContent")
    # The edge to Ora ends at its mark, also when the window has another size.
    for width in (700, 1200):
        browser.size(width, 900)
        browser.wait(
            f"(() => {{ const marks = [...{source}.querySelectorAll('mark')];"
            "const place = marks.find((m) => m.firstChild.textContent === 'Ora');"
            "const ora = place.getBoundingClientRect();"
            f"return [...{source}.querySelectorAll('path')].some((p) => {{"
            "const r = p.getBoundingClientRect(); const middle = ora.x + ora.width / 2;"
            "return r.width < 9 && Math.abs(r.x + r.width / 2 - middle) < 3; }); })()"
        )
    browser.run("document.querySelector('#finder [name=dq]').value = 'ora'")
    browser.run("document.getElementById('finder').dispatchEvent(new Event('input'))")
    browser.wait("document.getElementById('drawn-count').dataset.found === '1'")
    assert "dq=ora" in browser.run("location.hash")


def test_answers_in_context(browser: Browser, tmp_path: Path) -> None:
    drawn(browser, tmp_path, "qa", [ASKED])
    marks = "[...document.querySelectorAll('#drawings mark')].map((m) => m.firstChild.textContent)"
    assert browser.run(marks)[:2] == ["Musa", "1998"]
    assert len(browser.run(marks)) == 4
    browser.run("document.querySelectorAll('#drawings td button')[1].click()")
    assert browser.run(marks) == ["1998", "1998"]
    assert browser.run("document.querySelectorAll('#drawings td .chip').length") == 2


def test_dialogues_turn_by_turn(browser: Browser, tmp_path: Path) -> None:
    drawn(browser, tmp_path, "tod", [TALK])
    text = browser.run("document.getElementById('drawings').textContent")
    for part in ("+ food dish: fish → Fish", "find", "offer food dish", "slot error: dish = Fish"):
        assert part in text
    assert "- food dish" in text
    browser.run("document.querySelector('#drawings mark').focus()")
    lit = "[...document.querySelectorAll('#drawings mark.on')].map((m) => m.firstChild.textContent)"
    assert browser.run(lit) == ["Fish", "Fish"]
    chips = "[...document.querySelectorAll('#drawings .turn .chip')].map((c) => c.textContent)"
    assert {"dst ✓", "api ✓", "da ✓", "rg ✗"} <= set(browser.run(chips))
    opened(browser, browser.run("location.href.split('#')[0]"), "#dshow=lost")
    browser.wait("document.getElementById('drawn-count').dataset.found === '1'")
