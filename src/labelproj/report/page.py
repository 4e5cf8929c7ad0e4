"""The HTML page: a jinja2 template, its script and style, the chart library, and the data."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

__all__ = ["Run", "page_html"]

#: What :func:`labelproj.report.facts.run_payload` gives.
Run = tuple[Mapping[str, Any], str, str]

_HERE = Path(__file__).parent
#: Apache ECharts 6.1.0, ``dist/echarts.min.js`` of the npm package; its licence lies beside it.
_CHARTS = _HERE / "assets" / "echarts.min.js"
_SCRIPTS = (
    "page.js",
    "rows.js",
    "charts.js",
    "pictures.js",
    "events.js",
    "answers.js",
    "dialogue.js",
    "main.js",
)


def page_html(title: str, runs: Sequence[Run]) -> str:
    """Return the whole page; it needs no network and is the same for the same runs.

    There is one of ``runs`` a task and language.
    """
    templates = _HERE / "templates"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "percent": _percent, "score": _score}
    script = "\n".join((templates / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return environment.get_template("report.html.j2").render(
        title=title,
        runs=[figures for figures, *_ in runs],
        style=(templates / "report.css").read_text(encoding="utf-8"),
        charts=_CHARTS.read_text(encoding="utf-8"),
        script=script,
        figures=_in_html({"title": title, "runs": [figures for figures, *_ in runs]}),
        rows=[rows for _, rows, _ in runs],
        documents=[documents for *_, documents in runs],
    )


def _in_html(value: object) -> str:
    """Return JSON that can stand inside a ``script`` element."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _number(value: float) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def _percent(value: float | None, digits: int = 1) -> str:
    """Write a share between 0 and 1 in percent."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def _score(value: float | None, digits: int = 1) -> str:
    """Write a score between 0 and 100."""
    return "–" if value is None else f"{value:.{digits}f}"
