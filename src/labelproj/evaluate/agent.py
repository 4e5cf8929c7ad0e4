"""How well an agent calls, decides and says: API accuracy, act accuracy, slot error rate."""

from collections.abc import Iterable, Sequence

from labelproj.dialogue.linear import canonical_acts
from labelproj.dialogue.ontology import fold
from labelproj.dialogue.schema import Act, Call
from labelproj.dialogue.verdicts import slot_errors
from labelproj.evaluate.dialogue_state import normalised_state, normalised_value

__all__ = ["act_accuracy", "api_accuracy", "slot_error_rate"]

Calls = tuple[Call, ...]
Acts = tuple[Act, ...]


def api_accuracy(predicted: Sequence[Calls | None], gold: Sequence[Calls]) -> dict[str, float]:
    """Return ``accuracy`` over all turns and ``accuracy_of_calls`` over those with a call (0-1).

    A turn is right when it calls exactly where gold calls, with the same names and (normalised)
    constraints (X-RiSAWOZ, Moradshahi et al. 2023, https://aclanthology.org/2023.findings-acl.174).
    The second figure leaves out the turns without a call, which are easy. None is an output that
    is no call: wrong.
    """
    pairs = list(zip(predicted, gold, strict=True))
    right = [found is not None and _calls(found) == _calls(wanted) for found, wanted in pairs]
    with_call = [ok for ok, (_, wanted) in zip(right, pairs, strict=True) if wanted]
    return {
        "accuracy": sum(right) / len(right) if right else 0.0,
        "accuracy_of_calls": sum(with_call) / len(with_call) if with_call else 0.0,
        "turns_with_call": float(len(with_call)),
    }


def act_accuracy(predicted: Sequence[Acts | None], gold: Sequence[Acts]) -> float:
    """Return the share of turns (0-1) with exactly the gold acts, normalised (DA accuracy).

    Moradshahi et al. 2023; acts are a set: their order does not count.
    """
    right = 0
    for found, wanted in zip(predicted, gold, strict=True):
        right += found is not None and _acts(found) == _acts(wanted)
    return right / len(gold) if gold else 0.0


def slot_error_rate(replies: Sequence[str], acts: Sequence[Acts]) -> dict[str, float]:
    """Return ``ser``, the share of the acts' values that are not said, and of replies with one.

    After Wen et al. 2015 (https://aclanthology.org/D15-1199), who count missing and redundant
    slots of delexicalised replies; without delexicalising, only what is missing can be seen.
    ``replies_with_error`` is the measure of X-RiSAWOZ. Don't-care need not be said.
    """
    values = missing = bad = 0
    for reply, own in zip(replies, acts, strict=True):
        lost = slot_errors(own, reply, {})
        values += sum(len(act.values) for act in own if act.slot)
        missing += len(lost)
        bad += bool(lost)
    return {
        "ser": missing / values if values else 0.0,
        "replies_with_error": bad / len(replies) if replies else 0.0,
        "values": float(values),
    }


def _calls(calls: Iterable[Call]) -> list[tuple[str, object]]:
    return sorted((fold(call.name), normalised_state(call.constraints)) for call in calls)


def _acts(acts: Iterable[Act]) -> Acts:
    return canonical_acts(
        Act(
            fold(act.act),
            fold(act.domain),
            fold(act.slot),
            act.relation,
            tuple(sorted(map(normalised_value, act.values))),
        )
        for act in acts
    )
