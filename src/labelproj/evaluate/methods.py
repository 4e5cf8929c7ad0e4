"""Projection methods side by side on the same gold pairs: scores, time, and where they differ."""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelproj.align import ALIGNERS
from labelproj.config import ProjectParams
from labelproj.errors import UsageError
from labelproj.evaluate.differing import Outcome, differing, patterns
from labelproj.evaluate.projection import (
    labelled_pairs,
    method_name,
    project_gold,
    read_gold,
    score_projection,
    snapped,
)
from labelproj.formats.parallel import GoldPair
from labelproj.project import available, check_method, member_names, open_projector, open_proposer
from labelproj.project.base import (
    LabelledPair,
    PairCorpus,
    Place,
    Projector,
    Proposals,
    Proposer,
)

__all__ = ["Comparison", "compare_methods", "methods_named"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Methods on the same gold pairs, by their names in the order they are shown.

    ``own`` is the project's method, None where it cannot be scored so. ``scores`` are
    :meth:`SpanScores.as_dict` with ``method`` and ``calibration``. ``times``, which change from
    run to run: seconds to learn (``learning``) and to project (``projecting``), milliseconds a
    pair (``ms_per_unit``, without learning). ``patterns`` count the texts that the same methods
    have wholly right, and ``examples`` are texts where the methods differ; see
    :mod:`labelproj.evaluate.differing`.
    """

    own: str | None
    scores: Mapping[str, Mapping[str, object]]
    times: Mapping[str, Mapping[str, float]]
    patterns: Sequence[Mapping[str, object]]
    examples: Sequence[Mapping[str, object]]


class _Shared:
    """A proposer of several methods: it learns once, and knows how long that took."""

    def __init__(self, proposer: Proposer):
        self.name, self.label = proposer.name, proposer.label
        self.seconds = 0.0
        self._proposer = proposer
        self._fitted = False

    def fit(self, corpus: PairCorpus) -> None:
        """Learn, the first time."""
        if not self._fitted:
            started = time.monotonic()
            self._proposer.fit(corpus)
            self.seconds = time.monotonic() - started
            self._fitted = True

    def propose(
        self,
        pairs: Sequence[LabelledPair],
        *,
        also: Sequence[Sequence[Sequence[Place]]] | None = None,
    ) -> Sequence[Proposals]:
        """Propose as the method does."""
        return self._proposer.propose(pairs, also=also)

    def params(self) -> dict[str, object]:
        """Return what shapes the result."""
        return self._proposer.params()


def methods_named(params: ProjectParams, names: Sequence[str]) -> dict[str, ProjectParams]:
    """Return the parameters of each method, by its name in results: the project's own first.

    ``names`` are methods (``alignment`` with ``project.align``, ``constrained``, ``ensemble`` of
    ``project.members``) or members. Nothing is loaded. Raises UsageError for other names, for
    ``markers``, which has no result on given translations, and for members that will not do.
    """
    chosen = [] if params.method == "markers" else [params]
    for name in names:
        if name == "markers":
            raise UsageError(
                "the method 'markers' places labels while translating: it has no score on the "
                "given translations of gold pairs",
                where="evaluate.methods",
                remedy="leave it out",
            )
        if name in ("alignment", "constrained", "ensemble"):
            update: dict[str, object] = {"method": name}
        elif name.partition(":")[0] in ALIGNERS:
            kind, _, model = name.partition(":")
            own: dict[str, object] = {"name": kind}
            own |= {"model": model, "layer": None} if model else {}
            update = {"method": "alignment", "align": params.align.model_copy(update=own)}
        else:
            raise UsageError(
                f"no projection method {name!r}",
                where="evaluate.methods",
                remedy=f"one of alignment, constrained, ensemble, {', '.join(ALIGNERS)}",
            )
        chosen.append(params.model_copy(update=update))
    for one in chosen:
        check_method(one)
    found: dict[str, ProjectParams] = {}
    for one in map(available, chosen):
        found.setdefault(method_name(one), one)
    return found


def compare_methods(
    path: Path,
    *,
    params: ProjectParams,
    names: Sequence[str] = (),
    work: Path,
    device: str = "auto",
    mt: str | None = None,
) -> Comparison:
    """Project the source spans of a gold file onto its translations with each method.

    The methods are those of :func:`methods_named`; what two of them share learns once. Raises
    UsageError, MissingInputError, and what opening a method raises.
    """
    chosen = methods_named(params, names)
    gold = read_gold(path)
    found: dict[str, list[Outcome]] = {}
    scores: dict[str, dict[str, object]] = {}
    times: dict[str, dict[str, float]] = {}
    work.mkdir(parents=True, exist_ok=True)
    # A folder of their own: links kept from an earlier run would cost no time.
    with tempfile.TemporaryDirectory(dir=work, prefix="methods-") as folder:
        shared: dict[str, _Shared] = {}
        where = {"src_lang": gold[0].src_lang, "tgt_lang": gold[0].tgt_lang, "device": device}
        for label, own in chosen.items():
            for name in member_names(own):
                if name not in shared:
                    opened = open_proposer(name, own, work=Path(folder), mt=mt, **where)
                    shared[name] = _Shared(opened)
            projector = open_projector(own, work=Path(folder), mt=mt, given=shared, **where)
            learning = _learn(projector, gold, [shared[name] for name in member_names(own)])
            started = time.monotonic()
            projections = project_gold(gold, projector)
            seconds = time.monotonic() - started
            times[label] = {
                "learning": round(learning, 2),
                "projecting": round(seconds, 2),
                "ms_per_unit": round(1000 * seconds / len(gold), 2),
            }
            scores[label] = score_projection(gold, projections) | {"method": label}
            found[label] = [
                Outcome.of(pair, own_spans, snapped)
                for pair, own_spans in zip(gold, projections, strict=True)
            ]
    own_name = None if params.method == "markers" else next(iter(chosen))
    several = len(found) > 1
    return Comparison(
        own=own_name,
        scores=scores,
        times=times,
        patterns=patterns(found) if several else (),
        examples=differing(gold, found) if several else (),
    )


def _learn(projector: Projector, gold: Sequence[GoldPair], members: Sequence[_Shared]) -> float:
    """Let a method learn; return the seconds, with those of members that had learnt before."""
    before = sum(member.seconds for member in members)
    started = time.monotonic()
    projector.fit(lambda: labelled_pairs(gold))
    return before + time.monotonic() - started
