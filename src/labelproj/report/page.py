"""The HTML page: a jinja2 template and the values it shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from labelproj.languages import language_name
from labelproj.records import Span
from labelproj.report.collect import Collected
from labelproj.report.examples import Picked, Row, signals_of
from labelproj.report.marks import colours_of, direction, marked_text

__all__ = ["PageFacts", "page_html"]

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page shows. ``manifests`` and ``metrics`` are as their stages wrote them.

    Scores in ``metrics`` are between 0 and 100.
    """

    title: str
    task: str
    src: str
    tgt: str
    collected: Collected
    picked: Picked
    attrition: Mapping[str, Any]
    metrics: Mapping[str, Any]
    manifests: Mapping[str, Mapping[str, Any]]


def page_html(facts: PageFacts) -> str:
    """Return the whole page; it needs no network and is the same for the same facts."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": _number,
        "percent": _percent,
        "score": _score,
        "value": _value,
    }
    colours = colours_of(list(facts.collected.labels))
    by_filter = facts.attrition.get("by_filter", {})
    return environment.get_template("report.html.j2").render(
        facts=facts,
        got=facts.collected,
        source=language_name(facts.src),
        target=language_name(facts.tgt),
        stages=_stages(facts),
        attrition=sorted(by_filter.items(), key=lambda item: -item[1]["rejected"]),
        thresholds=facts.attrition.get("thresholds", {}),
        most=max((count["rejected"] for count in by_filter.values()), default=0) or 1,
        systems=_systems(facts.metrics),
        score_labels=_score_labels(facts.metrics),
        differences=facts.metrics.get("differences") or {},
        unseen=facts.metrics.get("unseen_labels") or {},
        projection=_projection(facts.metrics.get("projection") or {}),
        colours=colours,
        groups=_groups(facts, colours),
        versions=_versions(facts.manifests),
    )


def _stages(facts: PageFacts) -> list[dict[str, Any]]:
    """Return what came in and went out, one line a stage: name, what is counted, in, out."""
    got = facts.collected
    prepared = facts.manifests.get("prepare", {}).get("counts", {})
    built = facts.manifests.get("build", {}).get("counts", {})
    failed = got.status.get("failed", 0)
    lines = [
        ("prepare", "documents", prepared.get("in"), prepared.get("kept")),
        ("translate", "sentences", got.units, got.units - failed),
        ("project", "spans", got.spans, got.projected),
        ("filter", "sentences", got.units, got.kept),
        ("build", "documents", built.get("in"), built.get("kept")),
    ]
    return [
        {"name": name, "what": what, "in": before, "out": after}
        for name, what, before, after in lines
        if before is not None and after is not None
    ]


def _systems(metrics: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    systems = metrics.get("systems") or {}
    order = {"projected": 0, "zero-shot": 1, "gold": 2}
    return sorted(systems.items(), key=lambda item: (order.get(item[0], 9), item[0]))


def _score_labels(metrics: Mapping[str, Any]) -> list[str]:
    systems = (metrics.get("systems") or {}).values()
    return sorted({label for system in systems for label in system.get("per_label") or {}})


def _projection(scores: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the projection on gold data: F1 and its like, then counts."""
    found: list[tuple[str, str]] = []
    for name, value in scores.items():
        said = name.replace("_", " ")
        if isinstance(value, Mapping) and "f1" in value:
            found.append((f"{said} F1", _score(value["f1"])))
        elif isinstance(value, float):
            found.append((said.replace("f1", "F1"), _score(value)))
        elif isinstance(value, int) and not isinstance(value, bool):
            found.append((said, _number(value)))
    return found


def _groups(facts: PageFacts, colours: Mapping[str, str]) -> list[dict[str, Any]]:
    picked = facts.picked
    groups = [("Kept, worst first", "kept", picked.kept)]
    groups += [
        (f"Rejected by {name}", "rejected", list(rows)) for name, rows in picked.rejected.items()
    ]
    groups.append(("Kept, drawn by chance", "kept", picked.sample))
    return [
        {
            "title": title,
            "kind": kind,
            "cards": [_card(row, facts=facts, colours=colours) for row in rows],
        }
        for title, kind, rows in groups
        if rows
    ]


def _card(row: Row, *, facts: PageFacts, colours: Mapping[str, str]) -> dict[str, Any]:
    source, target = str(row["src_text"]), str(row["tgt_text"] or "")
    spans = [Span(**value) for value in row["src_spans"] or ()]
    projections = list(row["projections"] or ())
    found = [
        Span(p["span_id"], p["start"], p["end"], p["label"])
        for p in projections
        if p["start"] is not None
    ]
    surfaces = {span.id: span.surface(source) for span in spans}
    lines = [
        {
            "label": p["label"],
            "source": surfaces.get(p["span_id"], p["span_id"]),
            "target": target[p["start"] : p["end"]] if p["start"] is not None else None,
            "score": p["score"],
            "method": p["method"],
            "reason": p["reason"],
        }
        for p in projections
    ]
    return {
        "id": row["id"],
        "reasons": row["reasons"] or [],
        "flags": row["mt_flags"] or [],
        "status": row["mt_status"],
        "mt_score": row["mt_score"],
        "signals": {
            name: value
            for name, value in signals_of(row).items()
            if value is not None and (value or name == "projection_score")
        },
        "source": marked_text(source, spans, lang=facts.src, colours=colours),
        "target": marked_text(target, found, lang=facts.tgt, colours=colours),
        "source_dir": direction(facts.src),
        "target_dir": direction(facts.tgt),
        "empty": not target.strip(),
        "lines": lines,
    }


def _versions(manifests: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    found: dict[str, set[str]] = {}
    for manifest in manifests.values():
        for name, version in (manifest.get("versions") or {}).items():
            found.setdefault(name, set()).add(str(version))
    return [(name, ", ".join(sorted(versions))) for name, versions in sorted(found.items())]


def _number(value: float) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{value:,}".replace(",", "\u202f")


def _percent(value: float | None, digits: int = 1) -> str:
    """Write a share between 0 and 1 in percent."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def _score(value: float | None, digits: int = 1) -> str:
    """Write a score between 0 and 100."""
    return "–" if value is None else f"{value:.{digits}f}"


def _value(value: object) -> str:
    """Write a threshold or a signal."""
    if value is None or value is False:
        return "off"
    if value is True:
        return "on"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
