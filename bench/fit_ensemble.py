"""Fit the model of the ensemble on gold and write it where labelproj finds it.

    python bench/fit_ensemble.py DATA --mt MODEL [--out FILE] [--work DIR] [--cross-validate]

DATA holds gold/. Fitted on the even-numbered records (from 0) of absa/en-es.train and on
xsid/en-{it,de,ar,tr,zh}.valid, all else is held out. Each set is taken with several groups of
members, so that one model serves them all. How far a member can be trusted is its share of right
places on these spans, compared with eflomal's (mean of log-odds); for embedding, attention and
constrained it depends on the model and is estimated in every job.
What the members propose is computed once and kept in DIR, where --work names one.
With --cross-validate nothing is written: the exact F1 of each group on a quarter of ABSA or a
language of xSID that was left out of the fit is printed, beside that of its best member.
"""

import argparse
import json
import math
import pickle
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from labelproj import __version__, tables
from labelproj.config import AlignParams, ConstrainedParams, ProjectParams
from labelproj.evaluate.given import given_proposers
from labelproj.evaluate.projection import labelled_pairs, read_gold
from labelproj.evaluate.spans import snap
from labelproj.formats.parallel import GoldPair
from labelproj.project import open_proposer
from labelproj.project.assign import as_in_source, assign
from labelproj.project.base import LabelledPair, Place, Proposals, Proposer, Weighted
from labelproj.project.ensemble import EnsembleProposals, View, weighed_together
from labelproj.project.features import Opinion, place_features, text_ratio
from labelproj.project.loglinear import LogLinear
from labelproj.project.reliability import heard, invented_pairs, reliabilities
from labelproj.provenance import file_digest
from labelproj.records import Span

ABSA = "absa/en-es.train"
XSID = tuple(f"xsid/en-{lang}.valid" for lang in ("it", "de", "ar", "tr", "zh"))
E_, A_, S_ = "eflomal", "record:awesome", "record:simalign"
F_, M_ = "record:fast_align", "record:mgiza"
C_ = "constrained"
GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    ABSA: (
        (E_,), (A_,), (E_, A_, S_), (E_, A_), (A_, S_), (S_, F_), (A_, S_, F_, M_),
        (E_, A_, S_, F_, M_), (E_, "systran"), (E_, "embedding"), (E_, "embedding", "attention"),
        (E_, "systran", "embedding"), (E_, C_), (E_, "systran", C_), (E_, A_, C_), (E_, A_, S_, C_),
        ("embedding", C_),
    ),
    **dict.fromkeys(XSID, ((E_,), (E_, "systran"))),
}  # fmt: skip
#: What these are worth depends on the model, so it is estimated in every job.
UNMEASURED = ("embedding", "attention", C_)
ANCHOR, ANCHORED = "alignment:eflomal", 0.945
#: Every set counts as so many spans a group, and large weights cost so much.
RIDGE = 10.0
#: What speaks for a place must not be fitted to speak against it, and the other way round.
SHARES = ("log captured", "log owned", "log covered")
FOR = ("votes", "votes²", "agreed", "likely1", "likely2", "odds", *SHARES)
AGAINST = ("length", "gap")
SHARE = {ABSA: 1.0, **dict.fromkeys(XSID, 0.4)}

Column = npt.NDArray[np.float64]
#: Weighted places by record and number of span.
Options = dict[tuple[int, int], Sequence[Weighted]]


class Item(NamedTuple):
    """One span with one group of members: its places, their features and which are right."""

    source: str
    record: int
    group: tuple[str, ...]
    span: int
    places: list[Place]
    opinions: list[Opinion]
    features: Mapping[str, Column]
    right: npt.NDArray[np.bool_]
    weight: float


class Set(NamedTuple):
    """A gold set and what its members proposed: for it, and first for every invented span.

    ``kinds`` are the method and the label of each member.
    """

    name: str
    gold: list[GoldPair]
    counted: list[int]
    kinds: dict[str, tuple[str, str]]
    proposed: dict[str, Sequence[Proposals]]
    invented: dict[str, list[Place | None]]


def read_set(data: Path, name: str, *, mt: str, work: Path) -> Set:
    """Open all members that the groups of a set need, and let them propose, or read what did."""
    kept = work / name / "proposed.pickle"
    if kept.is_file():
        return Set(*pickle.loads(kept.read_bytes()))
    path = data / "gold" / f"{name}.jsonl.gz"
    gold = read_gold(path)
    counted = [i for i, pair in enumerate(gold) if pair.src_spans and (name != ABSA or i % 2 == 0)]
    names = list(dict.fromkeys(member for group in GROUPS[name] for member in group))
    given = given_proposers(gold, names, path=path)
    params = ProjectParams(align=AlignParams(model=mt), constrained=ConstrainedParams(model=mt))
    members: dict[str, Proposer] = {}
    for member in names:
        members[member] = given.get(member) or open_proposer(
            member,
            params,
            work=work / name,
            src_lang=gold[0].src_lang,
            tgt_lang=gold[0].tgt_lang,
            device="cpu",
        )
        members[member].fit(lambda: labelled_pairs(gold))
    pairs = list(labelled_pairs(gold[i] for i in counted))
    proposed = proposals_of(members, pairs)
    pairs = invented_pairs(lambda: labelled_pairs(gold))
    invented = {
        member: [first(own) for proposals in found for own in proposals.candidates]
        for member, found in proposals_of(members, pairs).items()
    }
    print(name, len(counted), "texts", file=sys.stderr)
    kinds = {member: (opened.name, opened.label) for member, opened in members.items()}
    result = Set(name, gold, counted, kinds, proposed, invented)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(tuple(result)))
    return result


def proposals_of(
    members: Mapping[str, Proposer], pairs: Sequence[LabelledPair]
) -> dict[str, Sequence[Proposals]]:
    """Let every member propose, each shown the places of those before it."""
    also: list[list[list[Place]]] = [[[] for _ in pair.src_spans] for pair in pairs]
    proposed: dict[str, Sequence[Proposals]] = {}
    for name, member in members.items():
        proposed[name] = member.propose(pairs, also=also)
        for places, proposals in zip(also, proposed[name], strict=True):
            for own, options in zip(places, proposals.candidates, strict=True):
                own += [(option.candidate.start, option.candidate.end) for option in options]
    return proposed


def first(options: Sequence[Weighted]) -> Place | None:
    """Return the place of the first candidate, if there is one."""
    return (options[0].candidate.start, options[0].candidate.end) if options else None


def right_places(pair: GoldPair, span: Span, places: Sequence[Place]) -> list[bool]:
    """Say which places of a span are gold, after snapping."""

    def snapped(one: Span) -> tuple[int, int, str]:
        own = snap(one, pair.tgt_tokens, pair.tgt_text) if pair.tgt_tokens else one
        return own.start, own.end, own.label

    gold = {snapped(one) for one in pair.tgt_spans}
    return [snapped(Span("", *place, span.label)) in gold for place in places]


def measured(sets: Sequence[Set]) -> dict[str, float]:
    """Return how far each member is right compared with the anchor, as shares, by label."""
    odds: dict[str, dict[str, float]] = defaultdict(dict)
    for one in sets:
        for name, proposed in one.proposed.items():
            if name in UNMEASURED:
                continue
            right = total = 0
            for record, proposals in zip(one.counted, proposed, strict=True):
                pair = one.gold[record]
                for number, span in enumerate(pair.src_spans):
                    top = first(proposals.candidates[number])
                    places = [top] if top else []
                    right += sum(right_places(pair, span, places))
                    total += 1
            odds[one.kinds[name][1]][one.name] = math.log(right / (total - right))
    anchor = odds[ANCHOR]
    base = math.log(ANCHORED / (1 - ANCHORED))
    shares = {}
    for label, by_set in sorted(odds.items()):
        difference = float(np.mean([value - anchor[name] for name, value in by_set.items()]))
        shares[label] = round(1 / (1 + math.exp(-base - difference)), 3)
    return shares


def items_of(one: Set, prior: LogLinear) -> list[Item]:
    """Return all spans of a set with each of its groups of members."""
    found = []
    for group in GROUPS[one.name]:
        known = [prior.reliable.get(one.kinds[name][1]) for name in group]
        tops = list(zip(*(one.invented[name] for name in group), strict=True))
        reliable = reliabilities(tops, known, otherwise=prior.otherwise)
        says = heard(tops, reliable)
        print(one.name, *zip(group, np.round(reliable, 3), says, strict=True), file=sys.stderr)
        for position, record in enumerate(one.counted):
            pair = one.gold[record]
            labelled = LabelledPair(pair.src_text, pair.src_spans, pair.tgt_text)
            members = [
                (one.kinds[name][0], share, one.proposed[name][position])
                for name, share, say in zip(group, reliable, says, strict=True)
                if say
            ]
            proposals = EnsembleProposals(labelled, members, model=prior)
            ratio = text_ratio(pair.src_text, pair.tgt_text)
            for number, span in enumerate(pair.src_spans):
                places = proposals.places(number)
                if places:
                    opinions = proposals.opinions(number, places)
                    length = span.end - span.start
                    features = place_features(places, opinions, length=length, ratio=ratio)
                    right = np.array(right_places(pair, span, places))
                    weight = SHARE[one.name] / len(GROUPS[one.name])
                    own = (one.name, record, group, number)
                    found.append(Item(*own, places, opinions, features, right, weight))
    return found


def fitted(items: Sequence[Item]) -> dict[str, float]:
    """Return the weights that make the right places (or none) most probable, with a ridge.

    Those of FOR are not negative and those of AGAINST not positive.
    """
    names = sorted({name for item in items for name in item.features})
    zeros = [np.zeros(len(item.places)) for item in items]
    table = np.concatenate(
        [
            np.column_stack([item.features.get(name, zero) for name in names])
            for item, zero in zip(items, zeros, strict=True)
        ]
    )
    sizes = np.array([len(item.places) for item in items])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    segment = np.repeat(np.arange(len(items)), sizes)
    right = np.concatenate([item.right for item in items])
    nowhere = np.array([not item.right.any() for item in items])
    weights = np.array([item.weight for item in items])

    def loss(beta: Column) -> tuple[float, Column]:
        logs = table @ beta
        highest = np.maximum(np.maximum.reduceat(logs, starts), 0.0)
        shares, none = np.exp(logs - highest[segment]), np.exp(-highest)
        total = np.add.reduceat(shares, starts) + none
        true = np.where(right, shares, 0.0)
        found = np.add.reduceat(true, starts) + np.where(nowhere, none, 0.0)
        value = float((weights * (np.log(found) - np.log(total))).sum())
        slope = table.T @ ((true / found[segment] - shares / total[segment]) * weights[segment])
        return RIDGE / 2 * float(beta @ beta) - value, RIDGE * beta - slope

    signs = [name.rpartition(".")[2] for name in names]
    bounds = [(0.0 if s in FOR else None, 0.0 if s in AGAINST else None) for s in signs]
    result = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds)
    return dict(zip(names, np.round(result.x, 4).tolist(), strict=True))


def ensemble_options(one: Set, items: Sequence[Item], model: LogLinear) -> Options:
    """Return what each span of the items may be given, best first, by record and span."""
    found: Options = {}
    records: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        records[item.record].append(item)
    for record, own in records.items():
        spans = one.gold[record].src_spans
        views = [
            View(
                item.places,
                item.opinions,
                item.features["votes"].tolist(),
                model.probabilities(item.features).tolist(),
            )
            for item in own
        ]
        options = weighed_together(views, as_in_source([spans[item.span] for item in own]))
        found |= {(record, item.span): best for item, best in zip(own, options, strict=True)}
    return found


def member_options(one: Set, member: str) -> Options:
    """Return what a member alone gives each span of a set."""
    return {
        (record, number): own
        for record, proposals in zip(one.counted, one.proposed[member], strict=True)
        for number, own in enumerate(proposals.candidates)
    }


def exact_f1(one: Set, options: Options, records: set[int]) -> float:
    """Return the exact F1, 0 to 100, on some records, all spans of a record assigned together."""
    right = placed = gold = 0
    for record in records:
        pair = one.gold[record]
        spans = pair.src_spans
        candidates = [options.get((record, number), []) for number in range(len(spans))]
        choice = assign(candidates, may_overlap=as_in_source(spans))
        places = {
            (option.candidate.start, option.candidate.end, span.label)
            for span, option in zip(spans, choice, strict=True)
            if option
        }
        right += sum(
            right_places(pair, Span("", 0, 0, label), [(start, end)])[0]
            for start, end, label in places
        )
        placed, gold = placed + len(places), gold + len(pair.tgt_spans)
    return 200 * right / (placed + gold)


def cross_validate(sets: Sequence[Set], items: Sequence[Item], prior: LogLinear) -> None:
    """Print the exact F1 of each group on what was left out of the fit."""
    for one in sets:
        folds = 4 if one.name == ABSA else 1
        scores: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for fold in range(folds):
            out = {r for k, r in enumerate(one.counted) if k % folds == fold}
            kept = [i for i in items if i.source != one.name or i.record not in out]
            model = prior._replace(weights=fitted(kept))
            for group in GROUPS[one.name]:
                own = [i for i in items if i.source == one.name and i.group == group]
                scores[group].append(exact_f1(one, ensemble_options(one, own, model), out))
        alone = {
            name: exact_f1(one, member_options(one, name), set(one.counted)) for name in one.kinds
        }
        for group, values in scores.items():
            best = max(alone[name] for name in group)
            print(f"{one.name}\t{'+'.join(group)}\t{np.mean(values):.2f}\t{best:.2f}")


def write_model(
    out: Path, sets: Sequence[Set], items: Sequence[Item], prior: LogLinear, *, data: Path
) -> None:
    """Fit the weights and write them with what they were fitted on."""
    values = {
        "fitted": {
            "on": {
                one.name: {
                    "records": "even, counted from 0" if one.name == ABSA else "all",
                    "digest": file_digest(data / "gold" / f"{one.name}.jsonl.gz"),
                    "groups": ["+".join(group) for group in GROUPS[one.name]],
                }
                for one in sets
            },
            "spans": len(items),
            "ridge": RIDGE,
            "labelproj": __version__,
            "command": "python bench/fit_ensemble.py DATA --mt MODEL",
        },
        "weights": fitted(items),
        "reliable": prior.reliable,
        "otherwise": prior.otherwise,
    }
    with tables.atomic_path(out) as temporary:
        text = json.dumps(values, indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Fit and write, or cross-validate and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--mt", required=True, help="an English-Spanish MT model")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", type=Path, help="where proposals are kept")
    parser.add_argument("--cross-validate", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        kept = options.work or Path(work)
        sets = [read_set(options.data, name, mt=options.mt, work=kept) for name in GROUPS]
        prior = LogLinear({}, measured(sets), 0.85)
        items = [item for one in sets for item in items_of(one, prior)]
    if options.cross_validate:
        cross_validate(sets, items, prior)
        return
    out = options.out or Path(str(files("labelproj.project").joinpath("ensemble.json")))
    write_model(out, sets, items, prior, data=options.data)
    print(out)


if __name__ == "__main__":
    main()
