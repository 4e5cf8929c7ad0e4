"""Templates: reads ``source/templates/`` and renders a template, with its spans, in both languages.

A template holds text, slots and alternatives:

``{person}``         the filling of the slot; ``{person.last}`` names another form of it.
``{person:ya}``      a word of ``agreement.yaml`` in the form that agrees with the filling.
``<a|won|lost>``     one alternative; the same letter makes the same choice in both languages.
``*won*``            the trigger of the template's first event, ``*2:lost*`` of its second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from demo_corpus.fillings import LANGUAGES, Context, Filling, pick
from demo_corpus.lexicon import Lexicon, read_yaml

_PART = re.compile(
    r"<(?P<group>[a-z])\|(?P<options>[^<>]*)>|\{(?P<slot>[a-z_]+\d?)(?P<mark>[.:])?(?P<word>\w+)?\}"
)
_TRIGGER = re.compile(r"\*(?:(?P<event>\d):)?(?P<words>[^*{}]+)\*")
_SENTENCE_START = re.compile(r"(?:^|(?<=[.?!] ))[\"'\[(]*(\w)")
#: How often a later sentence of a document gives the last name alone.
LAST_NAME_SHARE = 0.5
#: How often a document is asked something that it does not say.
UNANSWERABLE_SHARE = 0.5


class Event(NamedTuple):
    """What happens in a template: a type, and the role that the filling of a slot has in it."""

    type: str
    roles: dict[str, str]


class Question(NamedTuple):
    """A question about a template, whose answer is the filling of the slot ``answer``."""

    answer: str
    text: dict[str, str]


@dataclass(frozen=True)
class Template:
    """One sentence (or two) in English (``text["en"]``) and Hausa (``text["ha"]``)."""

    id: str
    domain: str
    text: dict[str, str]
    events: tuple[Event, ...] = ()
    questions: tuple[Question, ...] = ()


class Mention(NamedTuple):
    """A filling or a trigger in rendered text; ``key``: the slot and the number of its mention.

    ``part`` is the number of the template in its document. Common nouns, numbers and triggers,
    whose slots are ``*1``, ``*2``, have no label.
    """

    start: int
    end: int
    label: str | None
    key: tuple[str, int]
    slot: str
    part: int


@dataclass
class Side:
    """One language of a rendered unit."""

    text: str
    mentions: list[Mention]

    def named(self) -> list[Mention]:
        """The mentions with a label, by position."""
        return sorted(mention for mention in self.mentions if mention.label is not None)

    def of(self, part: int, slot: str) -> list[Mention]:
        """The first mention of a slot in a template: several parts of it, or none."""
        found = sorted(m for m in self.mentions if (m.part, m.slot) == (part, slot))
        return [mention for mention in found if mention.key == found[0].key]


class Asked(NamedTuple):
    """A question in both languages, and which slot of which template answers it, if one does."""

    text: dict[str, str]
    answer: tuple[int, str] | None


@dataclass(frozen=True)
class Unit:
    """A rendered sentence or document in both languages."""

    templates: tuple[Template, ...]
    en: Side
    ha: Side
    ambiguous: bool
    asked: tuple[Asked, ...] = ()

    def side(self, lang: str) -> Side:
        """The unit in one language."""
        return self.en if lang == "en" else self.ha


def load_templates(folder: Path, *, held_out: bool) -> list[Template]:
    """All templates of a folder, by file name; ``ValueError`` on a malformed template."""
    found: list[Template] = []
    for path in sorted(folder.glob("*.yaml")):
        data = read_yaml(path)
        if data["held_out"] is not held_out:
            raise ValueError(f"{path}: held_out is not {held_out}")
        found += [
            Template(
                t["id"],
                data["domain"],
                {k: t[k] for k in LANGUAGES},
                tuple(Event(*pair) for one in t.get("events", ()) for pair in one.items()),
                tuple(
                    Question(slot, dict(zip(LANGUAGES, text, strict=True)))
                    for slot, *text in t.get("questions", ())
                ),
            )
            for t in data["templates"]
        ]
    for template in found:
        _choices(template)
    if len({t.id for t in found}) != len(found):
        raise ValueError(f"{folder}: a template id occurs twice")
    return found


def _choices(template: Template) -> dict[str, int]:
    """The alternatives of a template: letter to number of options, the same in both languages."""
    found: dict[str, dict[str, int]] = {}
    for lang, text in template.text.items():
        groups = {
            m["group"]: m["options"].count("|") + 1 for m in _PART.finditer(text) if m["group"]
        }
        found[lang] = dict(sorted(groups.items()))
        if re.search(r"[<>{}|*]", _TRIGGER.sub("", _PART.sub("", text))):
            raise ValueError(f"{template.id}: cannot read the {lang} side")
        if {int(m["event"] or 1) for m in _TRIGGER.finditer(text)} != {
            number for number, _ in enumerate(template.events, start=1)
        }:
            raise ValueError(f"{template.id}: the {lang} side has not a trigger for each event")
    if found["en"] != found["ha"]:
        raise ValueError(f"{template.id}: the alternatives of the two languages differ")
    return found["en"]


class Renderer:
    """Renders templates with the fillings of one lexicon."""

    def __init__(self, lexicon: Lexicon, agreement: dict[str, dict[str, list[str]]]) -> None:
        self.lexicon = lexicon
        self.agreement = agreement

    def render(
        self,
        templates: list[Template],
        rng: Random,
        forget: Callable[[Context], None],
        others: Sequence[Template] = (),
    ) -> Unit:
        """Render the templates as one document; ``forget`` is called between two of them.

        Where templates have questions, each is asked one of its own, and half of the documents
        one of ``others``, which they cannot answer.
        """
        context = Context()
        sides = {lang: Side("", []) for lang in LANGUAGES}
        counts: dict[str, dict[str, int]] = {lang: {} for lang in LANGUAGES}
        ambiguous = False
        asked: list[Asked] = []
        for number, template in enumerate(templates):
            if number:
                forget(context)
            chosen = {
                letter: int(rng.random() * size) for letter, size in _choices(template).items()
            }
            plain = {lang: _choose(template.text[lang], chosen) for lang in LANGUAGES}
            for match in _PART.finditer(plain["en"] + plain["ha"]):
                self.lexicon.fill(match["slot"], context, rng, template.domain)
            short = rng.random() < LAST_NAME_SHARE
            for lang in LANGUAGES:
                self._write(plain[lang], lang, context, sides[lang], counts[lang], short, number)
            counts["ha"] = dict(counts["en"])
            used = {match["slot"] for match in _PART.finditer(plain["en"])}
            context.mentioned |= used
            ambiguous |= any(context.fillings[slot].ambiguous for slot in used)
            if template.questions:
                question = pick(rng, template.questions)
                asked.append(self._ask(question, context, (number, question.answer)))
        strange = [q for t in others for q in t.questions if _can_ask(q, context)]
        if strange and rng.random() < UNANSWERABLE_SHARE:
            asked.append(self._ask(pick(rng, strange), context, None))
        for lang in LANGUAGES:
            sides[lang].text = _capitalise(sides[lang].text)
        unit = Unit(tuple(templates), sides["en"], sides["ha"], ambiguous, tuple(asked))
        if not {m.key for m in unit.ha.named()} <= {m.key for m in unit.en.named()}:
            raise ValueError(f"{[t.id for t in templates]}: Hausa names what English does not")
        return unit

    def _ask(self, question: Question, context: Context, answer: tuple[int, str] | None) -> Asked:
        sides = {lang: Side("", []) for lang in LANGUAGES}
        for lang, side in sides.items():
            self._write(question.text[lang], lang, context, side, {}, False, 0)
        return Asked({lang: _capitalise(side.text) for lang, side in sides.items()}, answer)

    def _write(
        self,
        plain: str,
        lang: str,
        context: Context,
        side: Side,
        counts: dict[str, int],
        short: bool,
        part: int,
    ) -> None:
        out = side.text + " " if side.text else ""

        def literal(text: str) -> str:
            """Append the text to what there is, and note the triggers in it."""
            nonlocal out
            at = 0
            for trigger in _TRIGGER.finditer(text):
                out = _join(out, text[at : trigger.start()])
                at = trigger.end()
                slot = f"*{trigger['event'] or 1}"
                counts[slot] = counts.get(slot, 0) + 1
                words = trigger["words"]
                place = (len(out), len(out) + len(words))
                side.mentions.append(Mention(*place, None, (slot, counts[slot]), slot, part))
                out += words
            return _join(out, text[at:])

        position = 0
        for match in _PART.finditer(plain):
            out = literal(plain[position : match.start()])
            position = match.end()
            slot, filling, word = (
                match["slot"],
                context.fillings[match["slot"]],
                match["word"] or "",
            )
            if match["mark"] == ":":
                out += self.agreement[lang][word][filling.gender]
                continue
            if short and not word and slot in context.mentioned and filling.label == "PER":
                word = "last"
            out = self._name(out, side, filling, lang, slot, word, counts, part)
        side.text = literal(plain[position:])

    @staticmethod
    def _name(
        out: str,
        side: Side,
        filling: Filling,
        lang: str,
        slot: str,
        word: str,
        counts: dict[str, int],
        part: int,
    ) -> str:
        form = filling.forms[lang].get(word)
        if form is None and lang == "en":
            form = filling.forms["en"][""]
        if form is None:
            raise ValueError(f"the slot {slot!r} has no form {word!r}")
        if word != "tail":
            counts[slot] = counts.get(slot, 0) + 1
        key = (f"{slot}={filling.name}", counts[slot])
        place = (len(out) + form.start, len(out) + form.end)
        side.mentions.append(Mention(*place, filling.label, key, slot, part))
        return out + form.text


def _can_ask(question: Question, context: Context) -> bool:
    """Whether all that a question names is there."""
    slots = {m["slot"] for text in question.text.values() for m in _PART.finditer(text)}
    return slots <= context.fillings.keys()


def _choose(text: str, chosen: dict[str, int]) -> str:
    def option(match: re.Match[str]) -> str:
        return (
            str(match["options"]).split("|")[chosen[match["group"]]] if match["group"] else match[0]
        )

    return _PART.sub(option, text)


def _join(out: str, literal: str) -> str:
    """Append, without a second space where an empty alternative left one."""
    return out + (literal.removeprefix(" ") if not out or out.endswith(" ") else literal)


def _capitalise(text: str) -> str:
    """A capital letter at the start of each sentence; the length stays the same."""
    return _SENTENCE_START.sub(lambda match: match[0][:-1] + match[0][-1].upper(), text)
