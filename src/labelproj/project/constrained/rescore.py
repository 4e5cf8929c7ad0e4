"""Second looks: how probable spans and candidates are as translations of each other, alone."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from labelproj.config import ConstrainedParams
from labelproj.project.constrained.base import Scorer
from labelproj.project.constrained.decode import whole_log_probs
from labelproj.project.constrained.state import Pair
from labelproj.project.constrained.texts import Tokens

__all__ = ["Alone", "Asked", "Rescorer"]

#: A candidate that is so many nats behind after log P(candidate | span) is not asked for in the
#: other direction, and taken to be so many nats a token worse there than the one that leads.
BEHIND, WORSE = 4.0, 1.0


class Asked(NamedTuple):
    """A span's text, the texts of its candidates, and their scores in the text."""

    span: str
    candidates: Mapping[Pair, str]
    scores: Mapping[Pair, float]


class Alone(NamedTuple):
    """What is known of a candidate by itself: log-probabilities per token, the end included.

    ``own`` is log P(candidate | span), ``reverse`` log P(span | candidate), None where not asked;
    ``extra`` is what they add to the score.
    """

    own: float | None
    reverse: float | None
    extra: float


class Rescorer:
    """Scores candidates by themselves; ``backward`` are the tokens for the other direction."""

    def __init__(
        self, scorer: Scorer, forward: Tokens, backward: Tokens | None, *, params: ConstrainedParams
    ):
        self._scorer, self._forward, self._backward = scorer, forward, backward
        self._params = params

    def rescore(self, asked: Sequence[Asked]) -> list[dict[Pair, Alone]]:
        """Return what is known of the candidates of each span.

        One candidate alone is the best whatever it scores: nothing is asked for it.
        """
        several = [[*one.candidates] if len(one.candidates) > 1 else [] for one in asked]
        nothing: list[dict[Pair, float]] = [{} for _ in asked]
        own, reverse = nothing, nothing
        if self._params.own:
            own = self._ask(asked, several, self._forward, back=False)
        leads = [
            {pair: one.scores[pair] + self._params.own * found.get(pair, 0.0) for pair in pairs}
            for one, found, pairs in zip(asked, own, several, strict=True)
        ]
        if self._backward is not None:
            reverse = self._ask(asked, [_likely(own) for own in leads], self._backward, back=True)
        return [
            {pair: self._alone(pair, *found) for pair in one.candidates}
            for one, *found in zip(asked, own, reverse, leads, strict=True)
        ]

    def _ask(
        self,
        asked: Sequence[Asked],
        pairs: Sequence[Sequence[Pair]],
        tokens: Tokens,
        *,
        back: bool,
    ) -> list[dict[Pair, float]]:
        """Return log P(candidate | span), or ``back``, of some candidates of each span."""
        keys = [(n, pair) for n, own in enumerate(pairs) for pair in own]
        spans = [asked[n].span for n, _ in keys]
        candidates = [asked[n].candidates[pair] for n, pair in keys]
        values = self._log_probs(*((candidates, spans) if back else (spans, candidates)), tokens)
        found: list[dict[Pair, float]] = [{} for _ in asked]
        for (n, pair), value in zip(keys, values, strict=True):
            found[n][pair] = value
        return found

    def _alone(
        self,
        pair: Pair,
        own: Mapping[Pair, float],
        reverse: Mapping[Pair, float],
        lead: Mapping[Pair, float],
    ) -> Alone:
        """Return what is known of a pair, by what was found of all candidates of its span."""
        usual = reverse[max(lead, key=lambda other: lead[other])] - WORSE if reverse else 0.0
        extra = self._params.own * own.get(pair, 0.0)
        extra += self._params.reverse * reverse.get(pair, usual)
        return Alone(own.get(pair), reverse.get(pair), extra)

    def _log_probs(
        self, sources: Sequence[str], targets: Sequence[str], tokens: Tokens
    ) -> list[float]:
        """Return log P(target | source) per token of each; the same source is encoded once."""
        if not sources:
            return []
        numbers = {source: n for n, source in enumerate(dict.fromkeys(sources))}
        tree = self._scorer.encode(tokens.sources(list(numbers)))
        head = np.append(self._scorer.start, tokens.prefix_ids)
        wanted = list(
            zip([numbers[source] for source in sources], tokens.spans(targets), strict=True)
        )
        found = whole_log_probs(wanted, tree=tree, scorer=self._scorer, head=head)
        tree.close()
        return [float(own.mean()) for own in found]


def _likely(lead: Mapping[Pair, float]) -> list[Pair]:
    """Return the pairs near the one that leads, if there are any."""
    least = max(lead.values(), default=0.0) - BEHIND
    likely = [pair for pair, own in lead.items() if own >= least]
    return likely if len(likely) > 1 else []
