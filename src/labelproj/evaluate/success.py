"""Task and dialogue success, offline: what had to be said has been said (TSR, DSR).

After BiToD (Lin et al. 2021, https://arxiv.org/abs/2106.02787, ``compute_success_rate``): a task of
a dialogue succeeds when the replies together say, for each slot, the last value that the gold agent
informed, offered or confirmed in it; a dialogue succeeds when all its tasks do. With a knowledge
base, an entity other than gold's is as good when it meets the constraints of gold's call: then its
own values have to be said instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from labelproj.dialogue.find import occurrences
from labelproj.dialogue.kb import KnowledgeBase
from labelproj.dialogue.keep import is_dontcare
from labelproj.dialogue.ontology import fold
from labelproj.dialogue.schema import Act, Call
from labelproj.dialogue.visit import values_of

__all__ = ["TELLING", "SuccessCase", "success_rates"]

#: Acts (folded) that tell the user something.
TELLING = frozenset({"inform", "offer", "recommend", "confirm", "offerbooked", "select"})


@dataclass(slots=True)
class SuccessCase:
    """One dialogue: the gold agent's acts and calls in order, and the replies to be judged."""

    acts: list[Act] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)


def success_rates(
    cases: Sequence[SuccessCase], *, kb: KnowledgeBase | None = None
) -> dict[str, float]:
    """Return ``tsr`` and ``dsr`` (0-1), and the numbers of tasks and dialogues they are over.

    A task is a domain of the telling acts. Dialogues in which nothing had to be told are left
    out.
    """
    tasks = done = dialogues = whole = 0
    for case in cases:
        said = " ".join(case.replies)
        wanted = _wanted(case.acts)
        if not wanted:
            continue
        results = [_succeeds(domain, own, case, said, kb) for domain, own in wanted.items()]
        tasks, done = tasks + len(results), done + sum(results)
        dialogues, whole = dialogues + 1, whole + all(results)
    return {
        "tsr": done / tasks if tasks else 0.0,
        "dsr": whole / dialogues if dialogues else 0.0,
        "tasks": float(tasks),
        "dialogues": float(dialogues),
    }


def _wanted(acts: Sequence[Act]) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return, by domain and slot, the last values that were told."""
    wanted: dict[str, dict[str, tuple[str, ...]]] = {}
    for act in acts:
        values = tuple(value for value in act.values if not is_dontcare(value))
        if fold(act.act) in TELLING and act.slot and values:
            wanted.setdefault(act.domain, {})[act.slot] = values
    return wanted


def _succeeds(
    domain: str,
    wanted: dict[str, tuple[str, ...]],
    case: SuccessCase,
    said: str,
    kb: KnowledgeBase | None,
) -> bool:
    if all(occurrences(said, value) for values in wanted.values() for value in values):
        return True
    call = next((c for c in reversed(case.calls) if fold(c.name) == fold(domain)), None)
    if kb is None or call is None:
        return False
    for row in kb.find(call):
        cells = {fold(slot): cell for slot, cell in row.cells.items()}
        name = cells.get(fold(kb.key))
        if not isinstance(name, str) or not occurrences(said, name):
            continue
        # What the row does not know (a booking's number) is asked of gold's value.
        due = {
            slot: values_of(cells[fold(slot)]) if fold(slot) in cells else values
            for slot, values in wanted.items()
        }
        if all(occurrences(said, value) for values in due.values() for value in values):
            return True
    return False
