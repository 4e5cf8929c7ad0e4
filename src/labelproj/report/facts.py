"""What the page shows of one task and target language, gathered from what the stages wrote."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from labelproj.config import BuildParams, SystemName
from labelproj.languages import direction, language_name
from labelproj.report.collect import Collected, collect, labels_of
from labelproj.report.pictures import Pictures, pictures
from labelproj.report.rows import Names, chosen_rows, packed
from labelproj.tasks import TASKS

__all__ = ["DOCUMENTS", "RunFacts", "projection_methods", "run_payload"]

#: Documents that are drawn of a job of a default size.
DOCUMENTS = 2000
_SYSTEMS = {name: rank for rank, name in enumerate(get_args(SystemName))}


@dataclass(frozen=True, slots=True)
class RunFacts:
    """Where the results of one task and target language are, and what its stages said.

    ``manifests``, ``attrition`` and ``metrics`` are as their stages wrote them (empty where
    there are none); scores in ``metrics`` are from 0 to 100. ``review`` is what
    :func:`labelproj.review.stats.review_stats` gives, where people corrected something;
    ``methods`` what the evaluate stage found of several projection methods (``methods.json``).
    ``documents`` is the table of ``tables.DOCUMENTS`` and ``build`` the task's policy, by which
    documents are drawn.
    """

    task: str
    src: str
    tgt: str
    kept: Path
    rejected: Path
    attrition: Mapping[str, Any]
    metrics: Mapping[str, Any] = field(default_factory=dict)
    manifests: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    review: Mapping[str, Any] = field(default_factory=dict)
    methods: Mapping[str, Any] = field(default_factory=dict)
    documents: Path | None = None
    build: BuildParams = field(default_factory=BuildParams)


def run_payload(facts: RunFacts, *, limit: int) -> tuple[dict[str, Any], str, str]:
    """Return the figures of a run as JSON values, and packed its rows and its drawn documents.

    There are at most ``limit`` rows, and a tenth as many documents, or :data:`DOCUMENTS` where
    that is more. Raises MissingInputError or StorageError where the tables cannot be read.
    """
    thresholds = facts.attrition.get("thresholds") or {}
    got = collect(facts.kept, facts.rejected, thresholds=thresholds)
    by_filter = facts.attrition.get("by_filter") or {}
    refused: Counter[str] = Counter()
    for (_, end), number in got.flow.items():
        refused[end] += number * (end != "kept")
    names = Names()
    rows = chosen_rows(facts.kept, facts.rejected, limit=limit, by_filter=refused)
    text = packed(rows, names, got.signals)
    systems = facts.metrics.get("systems") or {}
    drawn = _drawn(facts, limit=min(limit, max(DOCUMENTS, limit // 10)))
    payload = {
        "key": f"{facts.task}-{facts.tgt}",
        "task": facts.task,
        "src": _language(facts.src),
        "tgt": _language(facts.tgt),
        "units": got.units,
        "kept": got.kept,
        "spans": sum(got.spans.values()),
        "placed": sum(n for (_, what, _), n in got.spans.items() if what == "placed"),
        "in_page": min(limit, got.units),
        "stages": list(_stages(facts, got)),
        "flow": [[*key, number] for key, number in sorted(got.flow.items())],
        "span_flow": [[*key, number] for key, number in sorted(got.spans.items())],
        "filters": [
            {
                "name": name,
                "threshold": _said(thresholds[name]) if name in thresholds else "always on",
                "rejected": one.get("rejected", 0),
                "only": one.get("only", 0),
            }
            for name, one in sorted(by_filter.items(), key=lambda x: -x[1].get("rejected", 0))
        ],
        "labels": labels_of(got),
        "methods": [
            {"method": method, "label": label, "spans": int(n), "score": round(total / n, 4)}
            for (method, label), (n, total) in sorted(got.methods.items())
        ],
        "histograms": [one.as_dict() for one in got.histograms.values()],
        "signals": list(got.signals),
        "systems": [
            {"name": name, **systems[name]}
            for name in sorted(systems, key=lambda one: (_SYSTEMS.get(one, 9), one))
        ],
        "differences": facts.metrics.get("differences") or {},
        "unseen": facts.metrics.get("unseen_labels") or {},
        "projection": projection_methods(
            _method_scores(facts.metrics),
            times=(facts.manifests.get("evaluate") or {}).get("times") or {},
        ),
        "used": (facts.metrics.get("projection") or {}).get("method"),
        "patterns": list(facts.methods.get("patterns") or ()),
        "examples": [_example(one, names) for one in facts.methods.get("examples") or ()],
        "review": dict(facts.review),
        "names": list(names.known),
        "made_by": {
            stage: {"signature": one.get("signature"), "params": one.get("params")}
            for stage, one in facts.manifests.items()
        },
        "versions": _versions(facts.manifests),
        "view": drawn and drawn.view,
        "documents": drawn and {"all": drawn.documents, "lost": drawn.lost, "in_page": drawn.shown},
    }
    return payload, text, drawn.packed if drawn else ""


def _drawn(facts: RunFacts, *, limit: int) -> Pictures | None:
    """Return the documents as their task draws them; None where it does not, or they are gone."""
    task = TASKS.get(facts.task)
    if task is None or facts.documents is None or not facts.documents.is_file():
        return None
    return pictures(
        facts.kept,
        facts.rejected,
        facts.documents,
        task=task,
        params=facts.build,
        tgt=facts.tgt,
        limit=limit,
    )


def projection_methods(
    scores: Mapping[str, Any], *, times: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return the scores of each projection method on gold data, from ``metrics.json``.

    ``scores`` is those of one method, or has ``methods``: a name for each. ``times`` has the
    seconds to learn and milliseconds a unit of each, where they were measured.
    """
    methods = scores.get("methods")
    several = methods if isinstance(methods, Mapping) else {"": scores}
    found = []
    for name, one in several.items():
        if not isinstance(one, Mapping):
            continue
        line: dict[str, Any] = {"name": name or str(one.get("method") or "the method used")}
        exact, overlap = one.get("exact"), one.get("overlap")
        for key in ("f1", "precision", "recall"):
            value = exact.get(key) if isinstance(exact, Mapping) else one.get(f"exact_{key}")
            line[key] = value if value is not None else one.get(key)
        line["overlap_f1"] = (
            overlap.get("f1") if isinstance(overlap, Mapping) else one.get("overlap_f1")
        )
        line["support"] = one.get("support", one.get("spans"))
        line["calibration"] = one.get("calibration") or []
        line["per_label"] = {
            label: own["exact"].get("f1")
            for label, own in sorted((one.get("per_label") or {}).items())
            if isinstance(own, Mapping) and isinstance(own.get("exact"), Mapping)
        }
        own_times = (times or {}).get(line["name"]) or {}
        line |= {key: own_times.get(key) for key in ("learning", "ms_per_unit")}
        if line["f1"] is not None or line["calibration"]:
            found.append(line)
    return found


def _method_scores(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the scores of the methods side by side, or those of the only one."""
    if metrics.get("methods"):
        return {"methods": metrics["methods"]}
    return metrics.get("projection") or {}


def _example(example: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """Return a text where methods differ, its labels as numbers; like answers are one."""
    answers: list[dict[str, Any]] = []
    for method, found in example["methods"].items():
        spans = [{**span, "label": names.number(span["label"])} for span in found["spans"]]
        answer = {"spans": spans, "missing": found["missing"], "right": found["right"]}
        places = [(one["start"], one["end"], one["label"]) for one in spans]
        for other in answers:
            if other["places"] == places:
                other["methods"].append(method)
                break
        else:
            answers.append({"methods": [method], "places": places, **answer})
    return {
        "id": example["id"],
        "src_text": example["src_text"],
        "tgt_text": example["tgt_text"],
        **{
            key: [{**span, "label": names.number(span["label"])} for span in example[key]]
            for key in ("src_spans", "gold")
        },
        "answers": answers,
    }


def _language(code: str) -> dict[str, str]:
    return {"code": code, "name": language_name(code), "dir": direction(code)}


def _stages(facts: RunFacts, got: Collected) -> Iterator[dict[str, Any]]:
    """Yield what came in and went out, one line a stage: name, what is counted, in, out."""
    prepared = (facts.manifests.get("prepare") or {}).get("counts") or {}
    built = (facts.manifests.get("build") or {}).get("counts") or {}
    failed = sum(n for (status, _), n in got.flow.items() if status == "failed")
    spans = sum(got.spans.values())
    placed = sum(n for (_, what, _), n in got.spans.items() if what == "placed")
    for name, what, before, after in (
        ("prepare", "documents", prepared.get("in"), prepared.get("kept")),
        ("translate", "sentences", got.units, got.units - failed),
        ("project", "spans", spans, placed),
        ("filter", "sentences", got.units, got.kept),
        ("build", "documents", built.get("in"), built.get("kept")),
    ):
        if before is not None and after is not None:
            yield {"name": name, "what": what, "in": before, "out": after}


def _said(value: object) -> str:
    if value is None or value is False:
        return "off"
    if value is True:
        return "on"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _versions(manifests: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    found: dict[str, set[str]] = {}
    for manifest in manifests.values():
        for name, version in (manifest.get("versions") or {}).items():
            found.setdefault(name, set()).add(str(version))
    return [(name, ", ".join(sorted(versions))) for name, versions in sorted(found.items())]
