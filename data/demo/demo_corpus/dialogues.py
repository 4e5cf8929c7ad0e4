"""Dialogues: an agent that fills slots, asks a made-up knowledge base and answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from demo_corpus.fillings import LANGUAGES, pair, pick
from demo_corpus.lexicon import read_yaml
from demo_corpus.writing import Row

_SLOT = re.compile(r"\{(\w+)\}")
#: How often the user thinks again, asks for something of the row, or wants a second thing.
CHANGE_SHARE, QUERY_SHARE, NEXT_SHARE = 0.3, 0.5, 0.3
#: How often a held-out dialogue says something in a held-out way, where there is one.
HELD_OUT_SHARE = 0.8

Said = dict[str, str]
#: (slot, value) in each language: what a constraint or an act of the dialogue is about.
Values = dict[str, Said]


class Utterance(NamedTuple):
    """What one of the two says: text and spans (start, end, slot, value) in each language."""

    text: Said
    spans: dict[str, list[tuple[int, int, str, str]]]


@dataclass
class Turn:
    """What the user says and what the agent does; ``state`` is the values by domain and slot."""

    user: Utterance
    agent: Utterance
    state: dict[str, Values]
    user_acts: list[tuple[str, str, str, Said]]
    agent_acts: list[tuple[str, str, str, Said]]
    call: tuple[str, Values] | None = None
    row: tuple[str, Values] | None = None


@dataclass
class Dialogue:
    """The turns of a dialogue that is being made."""

    turns: list[Turn] = field(default_factory=list)
    state: dict[str, Values] = field(default_factory=dict)


class Talk:
    """Makes dialogues of what ``source/dialogues.yaml`` says; ``held_out`` in held-out words."""

    def __init__(self, source: Path, *, held_out: bool, rng: Random) -> None:
        data: dict[str, Any] = read_yaml(source / "dialogues.yaml")
        self._values = {
            name: [dict(zip(LANGUAGES, pair(entry), strict=True)) for entry in entries]
            for name, entries in data["values"].items()
        }
        self._domains: dict[str, Any] = data["domains"]
        self._everywhere = data
        self._held_out = held_out
        self._rng = rng

    def dialogues(self, number: int) -> list[Dialogue]:
        """``number`` dialogues, no two with the same words."""
        found: dict[str, Dialogue] = {}
        while len(found) < number:
            dialogue = self._dialogue()
            found.setdefault(" ".join(u.text["en"] for u in utterances([dialogue])), dialogue)
        return list(found.values())

    def _dialogue(self) -> Dialogue:
        rng, names = self._rng, list(self._domains)
        first = pick(rng, names)
        dialogue = Dialogue()
        self._serve(dialogue, first, "start", {})
        if rng.random() < NEXT_SHARE:
            second = pick(rng, [name for name in names if name != first])
            known = dialogue.state[first]
            town = known[self._domains[first]["town"]]
            carried: Values = {"day": known["day"]}
            if second == "bus":  # from the town of the first thing to another one
                carried["from"] = town
            else:
                carried[self._domains[second]["town"]] = town
            self._serve(dialogue, second, "next", carried)
        thanks, bye = (
            self._say(self._everywhere["thank"], {}),
            self._say(self._everywhere["bye"], {}),
        )
        self._turn(dialogue, thanks, bye, [("thank", "", "", {})], [("bye", "", "", {})])
        return dialogue

    def _serve(self, dialogue: Dialogue, domain: str, opening: str, known: Values) -> None:
        """Fill the slots of a domain, offer what the knowledge base has, and answer questions."""
        rng, own = self._rng, self._domains[domain]
        say, slots = own["say"], own["slots"]
        state = dialogue.state[domain] = dict(known)
        way = self._way(say[opening])
        user = self._fill(way, slots, state)
        acts = [("inform", domain, slot, state[slot]) for slot in _named(way)]
        for slot in slots:
            if slot not in state:
                ask = self._render(pick(rng, say["ask"][slot]), {})
                self._turn(dialogue, user, ask, acts, [("request", domain, slot, {})])
                user = self._fill(self._way(say["answer"][slot]), slots, state)
                acts = [("inform", domain, slot, state[slot])]
        row = self._offer(dialogue, domain, user, acts)
        if rng.random() < CHANGE_SHARE:
            slot = pick(rng, sorted(say["change"]))
            # Not in place: the turns before have the state as it was.
            state = dialogue.state[domain] = {k: v for k, v in state.items() if k != slot}
            before = dialogue.turns[-1].state[domain][slot]
            user = self._fill(self._way(say["change"][slot]), slots, state, other_than=before)
            row = self._offer(dialogue, domain, user, [("inform", domain, slot, state[slot])])
        if rng.random() < QUERY_SHARE:
            slot = pick(rng, sorted(self._everywhere["query"]))
            query = self._say(self._everywhere["query"][slot], {})
            tell = self._say(self._everywhere["tell"][slot], row)
            told = [("inform", domain, slot, row[slot])]
            self._turn(dialogue, query, tell, [("request", domain, slot, {})], told)

    def _offer(self, dialogue: Dialogue, domain: str, user: Utterance, acts: list[Any]) -> Values:
        own = self._domains[domain]
        row = {slot: pick(self._rng, self._values[kind]) for slot, kind in own["row"].items()}
        way = self._way(own["say"]["offer"])
        offer = [("offer", domain, slot, row[slot]) for slot in _named(way)]
        state = dialogue.state[domain]
        turn = self._turn(dialogue, user, self._render(way, row), acts, offer)
        turn.call, turn.row = (domain, dict(state)), (domain, {**state, **row})
        return row

    def _turn(
        self,
        dialogue: Dialogue,
        user: Utterance,
        agent: Utterance,
        user_acts: list[Any],
        agent_acts: list[Any],
    ) -> Turn:
        state = {domain: dict(values) for domain, values in dialogue.state.items()}
        dialogue.turns.append(Turn(user, agent, state, user_acts, agent_acts))
        return dialogue.turns[-1]

    def _fill(
        self,
        way: list[str],
        slots: Mapping[str, str],
        state: Values,
        *,
        other_than: Said | None = None,
    ) -> Utterance:
        """Say it, and put the values that are new into the state."""
        for slot in _named(way):
            while slot not in state:
                value = pick(self._rng, self._values[slots[slot]])
                taken = [v for s, v in state.items() if slots[s] == slots[slot]]
                if value not in taken and value != other_than:
                    state[slot] = value
        return self._render(way, state)

    def _say(self, ways: Mapping[str, list[list[str]]], values: Values) -> Utterance:
        return self._render(self._way(ways), values)

    def _way(self, ways: Mapping[str, list[list[str]]]) -> list[str]:
        new = self._held_out and self._rng.random() < HELD_OUT_SHARE
        return pick(self._rng, ways["held_out" if new else "train"])

    @staticmethod
    def _render(way: list[str], values: Values) -> Utterance:
        texts: Said = {}
        spans: dict[str, list[tuple[int, int, str, str]]] = {}
        for lang, template in zip(LANGUAGES, way, strict=True):
            text, at, found = "", 0, []
            for match in _SLOT.finditer(template):
                text += template[at : match.start()]
                at = match.end()
                value = values[match[1]][lang]
                found.append((len(text), len(text) + len(value), match[1], value))
                text += value
            text += template[at:]
            texts[lang] = text[:1].upper() + text[1:]
            spans[lang] = found
        return Utterance(texts, spans)


def _named(way: list[str]) -> list[str]:
    return _SLOT.findall(way[0])


def utterances(dialogues: list[Dialogue]) -> Iterator[Utterance]:
    """All that is said, in order."""
    for dialogue in dialogues:
        for turn in dialogue.turns:
            yield turn.user
            yield turn.agent


def slot_spans(utterance: Utterance, lang: str) -> list[Row]:
    """The slots in what is said, with the value that the state has for each."""
    return [
        {"id": f"s{n}", "start": start, "end": end, "label": slot, "group": value}
        for n, (start, end, slot, value) in enumerate(utterance.spans[lang])
    ]


def dialogue_document(dialogue: Dialogue, lang: str, name: str) -> Row:
    """One side of a dialogue, as labelproj.dialogue has it."""
    segments = []
    turns = []
    for number, turn in enumerate(dialogue.turns):
        for role, said in (("user", turn.user), ("agent", turn.agent)):
            segments.append(
                {
                    "id": f"{number}.{role}",
                    "role": role,
                    "text": said.text[lang],
                    "spans": [
                        span | {"id": f"{number}.{role}.{span['id']}"}
                        for span in slot_spans(said, lang)
                    ],
                }
            )
        value: Row = {
            "user": f"{number}.user",
            "agent": f"{number}.agent",
            "state": [
                one
                for domain, values in turn.state.items()
                for one in _constraints(domain, values, lang)
            ],
            "user_acts": _acts(turn.user_acts, lang),
            "agent_acts": _acts(turn.agent_acts, lang),
        }
        if turn.call is not None and turn.row is not None:
            api, asked = turn.call
            value["calls"] = [[api, _constraints("", asked, lang)]]
            value["rows"] = [[api, {slot: said[lang] for slot, said in turn.row[1].items()}]]
        turns.append({key: one for key, one in value.items() if one})
    return {"id": name, "segments": segments, "dialogue": {"turns": turns}}


def _constraints(domain: str, values: Values, lang: str) -> list[list[Any]]:
    return [[domain, slot, "equal_to", [value[lang]]] for slot, value in values.items()]


def _acts(acts: list[tuple[str, str, str, Said]], lang: str) -> list[list[Any]]:
    return [
        [act, domain, slot, "equal_to", [value[lang]] if value else []]
        for act, domain, slot, value in acts
    ]
