"""How people judged what the machine made, and how far they agree with each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from rapidfuzz.distance import Levenshtein

from labelproj import tables
from labelproj.evaluate.spans import score_spans
from labelproj.records import Span
from labelproj.review.base import ACCEPT, REJECT
from labelproj.review.corrections import EDIT

__all__ = ["OUTCOMES", "agreement", "method_rates", "review_stats", "span_outcomes"]

Row = Mapping[str, Any]
#: What became of a projected span: as it was; in another place; of another label; taken away;
#: in a unit that was rejected. ``found``: it was null and has a place now.
OUTCOMES = ("accepted", "moved", "relabelled", "removed", "unit_rejected", "found", "null")


def review_stats(rows: Sequence[Row]) -> dict[str, Any]:
    """Return counts and rates (percent) of corrections (``tables.CORRECTIONS``) as JSON values."""
    status = Counter(row["status"] for row in rows)
    people = Counter(row["annotator"] or "unknown" for row in rows)
    edited = [row for row in rows if row["status"] == EDIT and row["text"] != row["tgt_text"]]
    effort = [
        Levenshtein.normalized_distance(row["tgt_text"], row["text"])
        for row in rows
        if row["status"] != REJECT
    ]
    return {
        "answers": len(rows),
        "units": len({(row["unit_id"], row["tgt_lang"]) for row in rows}),
        "status": {name: status[name] for name in (ACCEPT, EDIT, REJECT)},
        "annotators": dict(sorted(people.items())),
        "post_edited": len(edited),
        "edit_distance": _percent(sum(effort), len(effort)),
        "spans": method_rates(rows),
        "added_spans": sum(_added(row) for row in rows if row["status"] != REJECT),
        "agreement": agreement(rows),
    }


def method_rates(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return what became of the projected spans, for each method and label, most first.

    ``accept``, ``edit`` and ``reject`` are percent of the spans that had a place: left as they
    were; moved or relabelled; removed, or in a unit that was rejected.
    """
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        for place, outcome in span_outcomes(row):
            counts[place["method"], place["label"]][outcome] += 1
    result = []
    for (method, label), one in sorted(counts.items(), key=lambda x: (-x[1].total(), x[0])):
        shown = one.total() - one["null"] - one["found"]
        result.append(
            {
                "method": method,
                "label": label,
                "shown": shown,
                "accept": _percent(one["accepted"], shown),
                "edit": _percent(one["moved"] + one["relabelled"], shown),
                "reject": _percent(one["removed"] + one["unit_rejected"], shown),
                **{name: one[name] for name in OUTCOMES},
            }
        )
    return result


def span_outcomes(row: Row) -> Iterator[tuple[Row, str]]:
    """Yield the projections of a correction, each with one of :data:`OUTCOMES`."""
    after: dict[str, list[Row]] = defaultdict(list)
    for span in row["spans"] or ():
        after[span["id"]].append(span)
    same_text = row["text"] == row["tgt_text"]
    for place in row["projections"] or ():
        yield place, _outcome(row, place, after.get(place["span_id"], []), same_text)


def _outcome(row: Row, place: Row, found: Sequence[Row], same_text: bool) -> str:
    if place["start"] is None:
        return "found" if found and row["status"] != REJECT else "null"
    if row["status"] == REJECT:
        return "unit_rejected"
    if not found:
        return "removed"
    if all(span["label"] != place["label"] for span in found):
        return "relabelled"
    if same_text:
        same = any((s["start"], s["end"]) == (place["start"], place["end"]) for s in found)
    else:  # offsets of another text: what the span says is what can be compared
        said = row["tgt_text"][place["start"] : place["end"]]
        same = any(row["text"][s["start"] : s["end"]] == said for s in found)
    return "accepted" if same else "moved"


def _added(row: Row) -> int:
    known = {span["id"] for span in row["src_spans"] or ()}
    return sum(span["id"] not in known for span in row["spans"] or ())


def agreement(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the agreement of every two people on the units that both have answered.

    ``f1`` and ``overlap_f1`` are span F1 in percent over units that both left with the same
    text and neither rejected (of the two, it does not matter which is called gold); ``verdict``
    is the percentage of units that both rejected or both did not, ``kappa`` Cohen's kappa of it
    (None where one of them always said the same).
    """
    by_person: dict[str, dict[tuple[str, str], Row]] = defaultdict(dict)
    for row in rows:
        by_person[row["annotator"] or "unknown"][row["unit_id"], row["tgt_lang"]] = row
    found = []
    for one, other in combinations(sorted(by_person), 2):
        common = sorted(by_person[one].keys() & by_person[other].keys())
        if common:
            pairs = [(by_person[one][key], by_person[other][key]) for key in common]
            found.append({"annotators": [one, other], "units": len(common), **_agreed(pairs)})
    return found


def _agreed(pairs: Sequence[tuple[Row, Row]]) -> dict[str, Any]:
    left: dict[str, Sequence[Span]] = {}
    right: dict[str, Sequence[Span]] = {}
    for number, (a, b) in enumerate(pairs):
        if REJECT not in (a["status"], b["status"]) and a["text"] == b["text"]:
            left[str(number)] = tables.spans_of(a["spans"])
            right[str(number)] = tables.spans_of(b["spans"])
    scores = score_spans(left, right)
    refused = [(a["status"] == REJECT, b["status"] == REJECT) for a, b in pairs]
    same = sum(a == b for a, b in refused) / len(pairs)
    share_a, share_b = (sum(one[n] for one in refused) / len(pairs) for n in (0, 1))
    chance = share_a * share_b + (1 - share_a) * (1 - share_b)
    return {
        "compared": len(left),
        "f1": _percent(scores.exact.f1, 1),
        "overlap_f1": _percent(scores.overlap.f1, 1),
        "per_label": {
            label: _percent(2 * one.exact, one.predicted + one.gold)
            for label, one in sorted(scores.per_label.items())
        },
        "verdict": _percent(same, 1),
        "kappa": round((same - chance) / (1 - chance), 3) if chance < 1 else None,
    }


def _percent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole else None
