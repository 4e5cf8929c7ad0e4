"""Words that go with a label throughout the job are taken along where nothing claims them."""

from collections.abc import Sequence

from known_links import Known
from labelproj.align import Link, TokenPair
from labelproj.project import LabelledPair
from labelproj.project.alignment import AlignmentProposer
from labelproj.project.habits import Habits
from labelproj.project.joint import JointProjector
from labelproj.project.propose import Tuning
from labelproj.records import Span

#: Links of "LABELLED word" (the first and last word of the source) to "extra main".
BOTH = (Link(1, 0, 0.9), Link(1, 1, 0.9))
MAIN = (Link(1, 1, 0.9),)
OTHERS = (Link(0, 0, 0.9), Link(1, 1, 0.9))


def pair(src: str, tgt: str, label: str) -> LabelledPair:
    """Return a pair of which the second word of the source is labelled."""
    start = src.index(" ") + 1
    return LabelledPair(src, (Span("s0", start, len(src), label),), tgt)


def placed(
    job: Sequence[tuple[LabelledPair, tuple[Link, ...]]], last: LabelledPair, *, habit: float = 2.0
) -> str:
    """Return what the span of the last pair gets, of which only the main word is linked."""
    links = [
        (TokenPair(tuple(p.src_text.split()), tuple(p.tgt_text.split())), own)
        for p, own in (*job, (last, MAIN))
    ]
    proposer = AlignmentProposer(Known(dict(links)), tuning=Tuning(habit=habit))
    projector = JointProjector(proposer)
    projector.fit(lambda: [*(p for p, _ in job), last])
    (((found),),) = projector.project([last])
    return found.span().surface(last.tgt_text)


DAYS = [(pair(f"on day{n}", f"hari hari{n}", "DATE"), BOTH) for n in range(4)]
SUNNY = [(pair(f"hari sun{n}", f"hari cerah{n}", "WEATHER"), OTHERS) for n in range(8)]
LAST = pair("on Monday", "hari Senin", "DATE")


def test_a_word_that_goes_with_the_label_is_taken_along() -> None:
    assert placed(DAYS, LAST) == "hari Senin"
    assert placed(DAYS, LAST, habit=0.0) == "Senin"


def test_one_that_is_mostly_others_is_not() -> None:
    assert placed([], LAST) == "Senin"
    elsewhere = [
        (p._replace(src_spans=(Span("s0", 5, len(p.src_text), "DATE"),)), own) for p, own in SUNNY
    ]
    assert placed([*DAYS, *elsewhere], LAST) == "Senin"


def test_labels_have_habits_of_their_own() -> None:
    assert placed([*DAYS, *SUNNY], LAST) == "hari Senin"
    assert placed([*DAYS, *SUNNY], pair("it sunny", "hari terang", "WEATHER")) == "terang"


def test_a_word_may_go_with_one_neighbour_only() -> None:
    today = [(pair("x today", "i dag", "DATE"), BOTH)] * 4
    city = [(pair(f"in June{n}", f"i juni{n}", "DATE"), OTHERS) for n in range(6)]
    # The links of a pair are by its words: the last one is another text with the same neighbour.
    assert placed([*today, *city], pair("be today", "i dag", "DATE")) == "i dag"
    assert placed([*today, *city], pair("be May", "i maj", "DATE")) == "maj"


def test_nothing_is_known_of_what_was_never_seen() -> None:
    assert Habits().log_odds("X", ("a", "b"), (0, 1), (1,)).tolist() == [0.0, 0.0]
    assert Habits().log_odds("X", (), (), ()).tolist() == []
