"""Second looks at candidates: what is asked, and what is not."""

from pathlib import Path

import pytest

from labelproj.config import ConstrainedParams
from labelproj.project.constrained.rescore import WORSE, Alone, Asked, Rescorer
from labelproj.project.constrained.scorer import TorchScorer
from labelproj.project.constrained.texts import Tokens
from labelproj.translate.engine import check_model
from labelproj.translate.schemes import scheme

KANO, MUSA, BOTH = (0, 0), (1, 1), (0, 1)
TEXTS = {KANO: "Kano", MUSA: "Musa", BOTH: "Kano Musa"}


def rescorer(model: Path, *, own: float = 1.0, reverse: float = 2.0) -> Rescorer:
    there, back = (
        Tokens(check_model(model, src=src, tgt=tgt), scheme("brackets"), where=str(model))
        for src, tgt in (("en", "ha"), ("ha", "en"))
    )
    scorer = TorchScorer(model, device="cpu", rough="float32")
    params = ConstrainedParams(own=own, reverse=reverse)
    return Rescorer(scorer, there, back if reverse else None, params=params)


def asked(**scores: float) -> Asked:
    known = {"kano": KANO, "musa": MUSA, "both": BOTH}
    found = {known[name]: score for name, score in scores.items()}
    return Asked("Kano", {pair: TEXTS[pair] for pair in found}, found)


def test_one_candidate_alone_is_not_asked_for(tiny_hf: Path) -> None:
    found = rescorer(tiny_hf).rescore([asked(kano=-3.0), asked(musa=-2.0, kano=-2.5)])
    assert found[0] == {KANO: Alone(None, None, 0.0)}
    assert all(own.own is not None for own in found[1].values())


def test_both_directions_weigh_as_they_are_told(tiny_hf: Path) -> None:
    (found,) = rescorer(tiny_hf).rescore([asked(kano=-3.0, musa=-3.0)])
    for own in found.values():
        assert own.own is not None
        assert own.own < 0
        if own.reverse is not None:
            assert own.extra == pytest.approx(own.own + 2.0 * own.reverse)
    nothing = rescorer(tiny_hf, own=0, reverse=0).rescore([asked(kano=-3.0, musa=-3.0)])
    assert nothing == [dict.fromkeys((KANO, MUSA), Alone(None, None, 0.0))]


def test_only_what_can_still_be_the_best_is_asked_the_other_way(tiny_hf: Path) -> None:
    own = rescorer(tiny_hf, reverse=0).rescore([asked(kano=0.0, musa=0.0, both=0.0)])[0]
    level = {pair: -(alone.own or 0.0) for pair, alone in own.items()}
    scores = {"kano": level[KANO], "musa": level[MUSA] - 1.0, "both": level[BOTH] - 50.0}
    (found,) = rescorer(tiny_hf).rescore([asked(**scores)])
    lead, near, far = found[KANO], found[MUSA], found[BOTH]
    assert lead.reverse is not None
    assert near.reverse is not None
    assert far.reverse is None
    assert far.extra == pytest.approx((far.own or 0.0) + 2.0 * (lead.reverse - WORSE))
    # Where one leads by far, no other direction is asked for.
    (found,) = rescorer(tiny_hf).rescore([asked(kano=level[KANO], both=level[BOTH] - 50.0)])
    assert [alone.reverse for alone in found.values()] == [None, None]
    assert found[KANO].extra == pytest.approx(found[KANO].own)
