"""The page of a calibration: what a threshold costs and catches, as curves; no network needed."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["calibration_page"]

WIDTH, HEIGHT, LEFT, BOTTOM = 460, 240, 44, 34
#: The lines of a chart: what is drawn, its name, its colour and its dashes.
LINES = (
    ("precision", "precision", "#1b6ca8", ""),
    ("recall", "good kept", "#2f8f4e", "6 3"),
    ("yield", "all kept", "#8a6d00", "2 3"),
    ("caught", "bad caught", "#b3372f", "8 3 2 3"),
)
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 1040px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
td, th { padding: .25rem .8rem; border-bottom: 1px solid #8886; text-align: right; }
td:first-child, th:first-child { text-align: left; }
.charts { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; }
svg text { font-size: 11px; fill: currentColor; }
"""


def calibration_page(
    result: Mapping[str, Any], curves: Mapping[str, Sequence[Mapping[str, float]]]
) -> str:
    """Return a self-contained HTML page of a calibration's result and its curves."""
    charts = "".join(
        f"<figure><figcaption>{escape(name)}</figcaption>"
        f"{_chart(points, result['thresholds'][name])}</figure>"
        for name, points in curves.items()
        if points
    )
    head = ("signal", "threshold", "precision", "good kept", "all kept", "bad caught")
    keys = ("precision", "recall", "yield", "caught")
    rows = [
        (name, f"{cut:g}", *(_percent(result["scores"].get(name, {}).get(key)) for key in keys))
        for name, cut in result["thresholds"].items()
    ]
    rows += [
        (f"all signals of {what}", "", *(_percent(score[key]) for key in keys))
        for what, score in result["together"].items()
    ]
    caught = [(kind, _percent(share)) for kind, share in result["caught"].items()]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width'><title>Calibration</title>",
        f"<style>{_STYLE}</style></head><body><h1>Calibration</h1>",
        f"<p>Thresholds chosen {escape(result['calibrated'])}.</p>",
        _table(head, rows),
        "<h2>Caught of each kind</h2>" + _table(("kind", "caught"), caught) if caught else "",
        f"<h2>Curves</h2>{_legend()}<div class='charts'>{charts}</div>" if charts else "",
        _coefficients(result.get("combiner")),
        "</body></html>\n",
    ]
    return "".join(parts)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _legend() -> str:
    items = "".join(
        f"<svg width='34' height='10' aria-hidden='true'><line x1='0' x2='30' y1='5' y2='5' "
        f"stroke='{colour}' stroke-width='2' stroke-dasharray='{dash}'/></svg>{name} &nbsp; "
        for _, name, colour, dash in LINES
    )
    return f"<p>{items} The upright line is the threshold.</p>"


def _chart(points: Sequence[Mapping[str, float]], threshold: float) -> str:
    cuts = [point["threshold"] for point in points] + [threshold]
    low, high = min(cuts), max(cuts)
    wide = (high - low) or 1.0

    def x(value: float) -> float:
        return round(LEFT + (value - low) / wide * (WIDTH - LEFT - 10), 1)

    def y(share: float) -> float:
        return round(10 + (1 - share) * (HEIGHT - BOTTOM - 10), 1)

    def line(key: str) -> str:
        return " ".join(f"{x(point['threshold'])},{y(point[key])}" for point in points)

    lines = "".join(
        f"<polyline fill='none' stroke='{colour}' stroke-width='2' stroke-dasharray='{dash}' "
        f"points='{line(key)}'/>"
        for key, _, colour, dash in LINES
    )
    ticks = "".join(
        f"<line x1='{LEFT}' x2='{WIDTH - 10}' y1='{y(share)}' y2='{y(share)}' stroke='#8884'/>"
        f"<text x='{LEFT - 6}' y='{y(share) + 4}' text-anchor='end'>{share:.0%}</text>"
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    ends = "".join(
        f"<text x='{x(value)}' y='{HEIGHT - 14}' text-anchor='middle'>{value:.3g}</text>"
        for value in (low, high)
    )
    cut = x(threshold)
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}' role='img' "
        f"aria-label='rates by threshold'>{ticks}{lines}{ends}"
        f"<line x1='{cut}' x2='{cut}' y1='10' y2='{HEIGHT - BOTTOM}' stroke='currentColor'/>"
        f"<text x='{cut}' y='{HEIGHT - 2}' text-anchor='middle'>{threshold:g}</text></svg>"
    )


def _coefficients(combiner: Mapping[str, Any] | None) -> str:
    if not combiner:
        return ""
    parts = ["<h2>Combiner</h2><p>Coefficients for a fact one standard deviation up.</p>"]
    for part in ("unit", "span"):
        model = combiner[part]
        classes = list(model["coefficients"])
        rows = [
            (fact, *(f"{model['coefficients'][name][fact]:.2f}" for name in classes))
            for fact in model["facts"]
        ]
        parts.append(f"<h3>{part}</h3>" + _table((part, *classes), rows))
    return "".join(parts)
