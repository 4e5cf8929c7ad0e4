"""Several proposers together: votes, probabilities, places that others propose, bad members."""

import json
from collections.abc import Sequence
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelproj.align import token_pair
from labelproj.align.record import GivenAligner
from labelproj.config import AlignParams, ProjectParams
from labelproj.errors import UsageError
from labelproj.project import LabelledPair, check_method
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.base import Place, Weighted
from labelproj.project.ensemble import LEAST, MARGIN, EnsembleProposer, weights_of
from labelproj.project.features import Opinion
from labelproj.project.joint import JointProjector
from labelproj.project.loglinear import shipped_model
from labelproj.records import Candidate, Span

SRC, TGT = "Bala met Amina at home", "Amina ta ga Bala a gida"
SPANS = (Span("s0", 0, 4, "PER"), Span("s1", 9, 14, "PER"), Span("s2", 18, 22, "LOC"))
PAIR = LabelledPair(SRC, SPANS, TGT)
RIGHT = "0-3 1-2 2-0 3-4 4-5"


def member(name: str, *links: str, pairs: Sequence[LabelledPair] = (PAIR,)) -> AlignmentProposer:
    tokens = [token_pair(pair.src_text, pair.tgt_text) for pair in pairs]
    return AlignmentProposer(GivenAligner(name, dict(zip(tokens, links, strict=True))))


def placed(members: Sequence[AlignmentProposer], pair: LabelledPair = PAIR) -> list[str | None]:
    (found,) = JointProjector(EnsembleProposer(members)).project([pair])
    assert all(0 <= p.score <= 1 for p in found)
    return [None if p.start is None else pair.tgt_text[p.start : p.end] for p in found]


def test_all_agree() -> None:
    members = [member(name, RIGHT) for name in ("a", "b", "c")]
    assert placed(members) == ["Bala", "Amina", "gida"]
    (found,) = JointProjector(EnsembleProposer(members)).project([PAIR])
    assert {p.method for p in found} == {"ensemble:a+b+c"}
    assert min(p.score for p in found) > 0.8


def test_the_majority_wins() -> None:
    src, tgt = "the new house fell", "sabon gida ya fadi"
    pair = LabelledPair(src, (Span("s0", 8, 13, "LOC"),), tgt)
    right, wrong = "1-0 2-1 3-3", "1-1 2-0 3-3"
    links = {"a": right, "b": right, "c": wrong}
    members = [member(name, own, pairs=[pair]) for name, own in links.items()]
    assert placed(members, pair) == ["gida"]
    proposals = EnsembleProposer(members).propose([pair])[0]
    places = proposals.places(0)
    assert {tgt[slice(*place)] for place in places} >= {"gida", "sabon"}


def test_any_place_can_be_weighed() -> None:
    (proposals,) = EnsembleProposer([member("a", RIGHT), member("b", RIGHT)]).propose([PAIR])
    good, bad = proposals.weigh(0, [(12, 16), (0, 5)])
    assert good.weight > 0 > bad.weight
    assert good.weight == pytest.approx(good.candidate.score - LEAST + MARGIN)
    assert bad.weight == pytest.approx(bad.candidate.score - LEAST)
    assert [(c.candidate.start, c.candidate.end) for c in proposals.candidates[0]] == [(12, 16)]


def test_places_of_others_are_candidates() -> None:
    also = [[[(9, 16)], [], []]]
    (proposals,) = EnsembleProposer([member("a", RIGHT), member("b", RIGHT)]).propose(
        [PAIR], also=also
    )
    assert (9, 16) in proposals.places(0)


def test_a_member_without_an_answer_stops_nothing() -> None:
    assert placed([member("a", RIGHT), member("b", "")]) == ["Bala", "Amina", "gida"]


def test_when_no_member_has_an_answer_the_reason_is_said() -> None:
    other = LabelledPair("Bala", (Span("s0", 0, 4, "PER"),), "zz")
    (found,) = JointProjector(EnsembleProposer([member("a", RIGHT), member("b", RIGHT)])).project(
        [other]
    )
    assert (found[0].start, found[0].reason) == (None, "not aligned: no links given")


def test_what_is_learnt_from_the_job_is_in_the_signature() -> None:
    ensemble = EnsembleProposer([member("a", RIGHT), member("b", "0-0 1-1 2-2 3-3 4-4")])
    before = ensemble.params()
    ensemble.fit(lambda: [LabelledPair(SRC, (), TGT)] * 3)
    assert ensemble.params() != before
    json.dumps(ensemble.params())
    assert all(0 < share < 1 for share in ensemble.reliable.values())


def test_the_same_member_twice_or_none() -> None:
    with pytest.raises(UsageError, match="twice"):
        EnsembleProposer([member("a", RIGHT), member("a", RIGHT)])
    with pytest.raises(UsageError, match="nothing"):
        EnsembleProposer([])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ((), "two members"),
        (("eflomal",), "two members"),
        (("systran", "systran"), "two members"),
        (("systran", "giza"), "giza"),
        (("systran", "embedding"), "needs a model"),
        (("systran", "record:awesome"), "record:awesome"),
    ],
)
def test_members_that_will_not_do(members: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_method(ProjectParams(method="ensemble", members=members))


def test_members_with_models_of_their_own() -> None:
    params = ProjectParams(
        method="ensemble",
        members=("systran", "embedding:org/encoder", "attention"),
        align=AlignParams(model="org/translator"),
    )
    assert check_method(params) == ["systran", "embedding", "attention"]


def test_the_shipped_model_says_what_it_was_fitted_on() -> None:
    text = files("labelproj.project").joinpath("ensemble.json").read_text(encoding="utf-8")
    assert set(json.loads(text)["fitted"]) >= {"on", "command", "spans"}
    model = shipped_model()
    assert model.reliable["alignment:eflomal"] > model.reliable["alignment:systran"]
    assert 0 < model.otherwise < 1


def opinion(top: Place | None, share: float, weights: Sequence[float]) -> Opinion:
    places = [(n, n + 1) for n in range(len(weights))]
    options = [Weighted(Candidate(*p, 0.5), w) for p, w in zip(places, weights, strict=True)]
    return Opinion("alignment", top, options, share)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=5),
    st.integers(0, 4),
    st.one_of(st.none(), st.integers(0, 4)),
)
def test_the_most_trusted_place_is_only_left_for_a_clearly_better_one(
    shares: list[float], trusted: int, other: int | None
) -> None:
    probable = [share / max(1.0, sum(shares)) for share in shares]
    places = [(n, n + 1) for n in range(len(probable))]
    top = places[trusted % len(places)]
    rival = None if other is None else places[other % len(places)]
    opinions = [opinion(rival, 0.8, probable), opinion(top, 0.9, probable)]
    weights = weights_of(places, opinions, probable)
    chosen = max(range(len(places)), key=lambda n: (weights[n], places[n] == top))
    own = probable[places.index(top)]
    if places[chosen] != top and weights[chosen] > 0:
        assert probable[chosen] >= own + MARGIN - 1e-9
    if weights[chosen] <= 0:
        assert own <= LEAST - MARGIN + 1e-9


def test_a_member_with_nobody_beside_it_decides_as_it_would_alone() -> None:
    pairs = [
        LabelledPair(f"{SRC} {n}", SPANS, f"{TGT} {n}") for n in range(40)
    ]  # the other says something else of every pair
    right = [f"{RIGHT} 5-6"] * len(pairs)
    wrong = ["0-6 1-5 2-4 3-2 4-0"] * len(pairs)
    good, bad = member("good", *right, pairs=pairs), member("bad", *wrong, pairs=pairs)
    model = shipped_model()._replace(reliable={good.label: 0.9, bad.label: 0.8})
    ensemble = EnsembleProposer([good, bad], model=model)
    ensemble.fit(lambda: pairs)
    alone, together = JointProjector(good).project(pairs), JointProjector(ensemble).project(pairs)
    assert [[(p.start, p.end) for p in own] for own in together] == [
        [(p.start, p.end) for p in own] for own in alone
    ]
    assert ensemble.params()["heard"] == [True, False]


texts = st.lists(
    st.sampled_from(["Kano", "ta", "ruwa", ".", "(", "2019", "'yan", "北京", "😀", "\u200b"]),
    min_size=1,
    max_size=8,
).map(" ".join)
links = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12).map(
    lambda own: " ".join(f"{i}-{j}" for i, j in own)
)


@settings(deadline=None, max_examples=60)
@given(texts, texts, st.lists(links, min_size=2, max_size=4))
def test_invariants(src: str, tgt: str, several: list[str]) -> None:
    spans = tuple(
        Span(f"s{n}", start, start + len(word), "X")
        for n, word in enumerate(src.split(" ")[:3])
        for start in [src.index(word)]
    )
    pair = LabelledPair(src, spans, tgt)
    members = [member(f"m{n}", own, pairs=[pair]) for n, own in enumerate(several)]
    ensemble = EnsembleProposer(members)
    ensemble.fit(lambda: [LabelledPair(src, (), tgt)])
    (found,) = JointProjector(ensemble).project([pair])
    assert [p.span_id for p in found] == [s.id for s in spans]
    for place in found:
        assert 0 <= place.score <= 1
        assert (place.start is None) == bool(place.reason)
    again = JointProjector(ensemble).project([pair])
    assert again == [found]
