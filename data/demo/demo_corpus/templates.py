"""Templates: reads ``source/templates/`` and renders a template, with its spans, in both languages.

A template holds text, slots and alternatives:

``{person}``         the filling of the slot; ``{person.last}`` names another form of it.
``{person:ya}``      a word of ``agreement.yaml`` in the form that agrees with the filling.
``<a|won|lost>``     one alternative; the same letter makes the same choice in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import NamedTuple

from demo_corpus.fillings import LANGUAGES, Context, Filling
from demo_corpus.lexicon import Lexicon, read_yaml

_PART = re.compile(
    r"<(?P<group>[a-z])\|(?P<options>[^<>]*)>|\{(?P<slot>[a-z_]+\d?)(?P<mark>[.:])?(?P<word>\w+)?\}"
)
_SENTENCE_START = re.compile(r"(?:^|(?<=[.?!] ))[\"'\[(]*(\w)")
#: How often a later sentence of a document gives the last name alone.
LAST_NAME_SHARE = 0.5


@dataclass(frozen=True)
class Template:
    """One sentence (or two) in English (``text["en"]``) and Hausa (``text["ha"]``)."""

    id: str
    domain: str
    text: dict[str, str]


class Mention(NamedTuple):
    """A labelled stretch of rendered text; ``key``: the slot and the number of its mention."""

    start: int
    end: int
    label: str
    key: tuple[str, int]


@dataclass
class Side:
    """One language of a rendered unit."""

    text: str
    mentions: list[Mention]


@dataclass(frozen=True)
class Unit:
    """A rendered sentence or document in both languages."""

    templates: tuple[str, ...]
    en: Side
    ha: Side
    ambiguous: bool


def load_templates(folder: Path, *, held_out: bool) -> list[Template]:
    """All templates of a folder, by file name; ``ValueError`` on a malformed template."""
    found: list[Template] = []
    for path in sorted(folder.glob("*.yaml")):
        data = read_yaml(path)
        if data["held_out"] is not held_out:
            raise ValueError(f"{path}: held_out is not {held_out}")
        found += [
            Template(t["id"], data["domain"], {k: t[k] for k in LANGUAGES})
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
        if re.search(r"[<>{}|]", _PART.sub("", text)):
            raise ValueError(f"{template.id}: cannot read the {lang} side")
    if found["en"] != found["ha"]:
        raise ValueError(f"{template.id}: the alternatives of the two languages differ")
    return found["en"]


class Renderer:
    """Renders templates with the fillings of one lexicon."""

    def __init__(self, lexicon: Lexicon, agreement: dict[str, dict[str, list[str]]]) -> None:
        self.lexicon = lexicon
        self.agreement = agreement

    def render(
        self, templates: list[Template], rng: Random, forget: Callable[[Context], None]
    ) -> Unit:
        """Render the templates as one document; ``forget`` is called between two of them."""
        context = Context()
        sides = {lang: Side("", []) for lang in LANGUAGES}
        counts: dict[str, dict[str, int]] = {lang: {} for lang in LANGUAGES}
        ambiguous = False
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
                self._write(plain[lang], lang, context, sides[lang], counts[lang], short)
            counts["ha"] = dict(counts["en"])
            used = {match["slot"] for match in _PART.finditer(plain["en"])}
            context.mentioned |= used
            ambiguous |= any(context.fillings[slot].ambiguous for slot in used)
        for lang in LANGUAGES:
            sides[lang].text = _capitalise(sides[lang].text)
        unit = Unit(tuple(t.id for t in templates), sides["en"], sides["ha"], ambiguous)
        if not {m.key for m in unit.ha.mentions} <= {m.key for m in unit.en.mentions}:
            raise ValueError(f"{unit.templates}: Hausa names what English does not")
        return unit

    def _write(
        self,
        plain: str,
        lang: str,
        context: Context,
        side: Side,
        counts: dict[str, int],
        short: bool,
    ) -> None:
        out = side.text + " " if side.text else ""
        position = 0
        for match in _PART.finditer(plain):
            out = _join(out, plain[position : match.start()])
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
            out = self._name(out, side, filling, lang, slot, word, counts)
        side.text = _join(out, plain[position:])

    @staticmethod
    def _name(
        out: str,
        side: Side,
        filling: Filling,
        lang: str,
        slot: str,
        word: str,
        counts: dict[str, int],
    ) -> str:
        form = filling.forms[lang].get(word)
        if form is None and lang == "en":
            form = filling.forms["en"][""]
        if form is None:
            raise ValueError(f"the slot {slot!r} has no form {word!r}")
        if filling.label is not None:
            if word != "tail":
                counts[slot] = counts.get(slot, 0) + 1
            key = (f"{slot}={filling.name}", counts[slot])
            side.mentions.append(
                Mention(len(out) + form.start, len(out) + form.end, filling.label, key)
            )
        return out + form.text


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
