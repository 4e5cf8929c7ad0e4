"""The lexicons: reads ``source/*.yaml`` and fills slots from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from demo_corpus.dates import Calendar
from demo_corpus.fillings import (
    GENDERS,
    Context,
    Filling,
    Form,
    between,
    english_name,
    pair,
    pick,
    whole,
)

PLACES = ("city", "state", "country", "region")
NOUNS = ("goods", "crop", "disease", "facility", "group", "when", "attacker")
#: People that are counted: the number and the noun are one filling.
COUNTED = ("victims", "suspects")
DATES = ("date", "fdate", "year", "fyear", "birth", "fulldate")
#: Kinds drawn anew for each sentence of a document; people, places and organisations stay.
FLEETING = (*DATES, *NOUNS, *COUNTED, "count", "small", "amount")
#: Organisations named after another slot: that slot, their kind, what their pattern must contain.
NAMED_AFTER = {
    "cityorg": ("city", "bank", "{city}"),
    "cityteam": ("city", "team", "{city}"),
    "cityuni": ("city", "university", "{city}"),
    "nameorg": ("person", "union", "{last}"),
}
#: Organisations that stand in the town of the sentence when they are named after a town.
LOCAL = ("hospital", "university", "court")
#: Domains where one town in ABROAD_SHARE is a city in another country.
WORLDLY = ("football", "government", "trade")
ABROAD_SHARE = 0.15


@dataclass(frozen=True)
class Section:
    """The names of one style of people."""

    style: str
    first: tuple[list[str], list[str]]
    last: list[str]


def read_yaml(path: Path) -> Any:
    """The data of a YAML file in UTF-8."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class Lexicon:
    """The names of one side (training or held out) and the shared dates, nouns and numbers."""

    def __init__(self, source: Path, *, held_out: bool) -> None:
        people = read_yaml(source / "people.yaml")
        self.never: set[str] = set(people["never"])
        self.people = [
            Section(s["style"], (s["first_m"], s["first_f"]), s["last"])
            for s in people["sections"]
            if s["held_out"] is held_out
        ]
        self.places = self._sections(source / "places.yaml", held_out)
        self.organisations = self._sections(source / "organisations.yaml", held_out)
        self.nouns: dict[str, list[str]] = read_yaml(source / "nouns.yaml")
        self.calendar = Calendar(read_yaml(source / "dates.yaml"))

    @staticmethod
    def _sections(path: Path, held_out: bool) -> dict[str, list[str]]:
        return {
            s["kind"]: s["names"] for s in read_yaml(path)["sections"] if s["held_out"] is held_out
        }

    def fill(self, slot: str, context: Context, rng: Random, domain: str) -> Filling:
        """Fill ``slot`` (e.g. ``person2``) in the context, unless it is filled already."""
        if slot in context.fillings:
            return context.fillings[slot]
        kind = slot.rstrip("0123456789")
        taken = context.taken()
        for _ in range(1000):
            filling = self._draw(kind, context, rng, domain)
            if filling.name not in taken or kind in NAMED_AFTER:
                context.fillings[slot] = filling
                return filling
        raise RuntimeError(f"no unused filling left for the slot {slot!r}")

    def _draw(self, kind: str, context: Context, rng: Random, domain: str) -> Filling:
        if kind == "person":
            return self._person(rng, domain)
        if kind == "place":
            return self._place(
                pick(rng, ["city", "city", "city", "state", "country", "country", "region"]), rng
            )
        if kind == "city" and domain in WORLDLY and rng.random() < ABROAD_SHARE:
            return self._place("abroad", rng)
        if kind in PLACES:
            return self._place(kind, rng)
        if kind in NAMED_AFTER:
            self.fill(NAMED_AFTER[kind][0], context, rng, domain)
            return self._named_after(kind, context, rng)
        if kind in DATES:
            return self.calendar.draw(kind, rng)
        if kind in NOUNS:
            return noun(pick(rng, self.nouns[kind]))
        if kind in ("count", "small", "amount"):
            return self._number(kind, rng)
        if kind in COUNTED:
            return self._counted(kind, rng)
        return self._organisation(pick(rng, self.organisations[kind]), kind, context, rng)

    def _person(self, rng: Random, domain: str) -> Filling:
        styles = ["football", "football", "football", "northern", "southern"]
        if domain != "football":
            styles = ["northern"] * 6 + ["southern"] * 3 + ["football"]
        style = pick(rng, styles)
        section = pick(rng, [s for s in self.people if s.style == style])
        gender = 1 if rng.random() < (0.2 if domain == "football" else 0.4) else 0
        titles = self.nouns["titles"] + self.nouns.get(f"titles_{style}", [])
        title_en, title_ha = (t.split(" / ")[-gender] for t in pair(pick(rng, titles)))
        while True:
            first, last = pair(pick(rng, section.first[gender])), pair(pick(rng, section.last))
            name = f"{first[0]} {last[0]}"
            if name not in self.never and first[0] != last[0]:
                break
        forms: dict[str, dict[str, Form]] = {}
        for lang, one, two, title in zip(
            ("en", "ha"), first, last, (title_en, title_ha), strict=True
        ):
            full = f"{one} {two}"
            titled = Form(f"{title} {full}", len(title) + 1, len(title) + 1 + len(full))
            forms[lang] = {"": whole(full), "last": whole(two), "title": titled}
        return Filling(name, "PER", gender, forms, english_last=last[0], hausa_last=last[1])

    def _place(self, kind: str, rng: Random) -> Filling:
        english, hausa = pair(pick(rng, self.places[kind]))
        if kind == "state":
            english, hausa = f"{english} State", f"jihar {hausa}"
        return Filling(
            english, "LOC", 1, {"en": {"": english_name(english)}, "ha": {"": whole(hausa)}}
        )

    def _named_after(self, kind: str, context: Context, rng: Random) -> Filling:
        _, org_kind, pattern = NAMED_AFTER[kind]
        kinds = ("union", "hospital", "university", "company") if kind == "nameorg" else (org_kind,)
        entries = [(k, e) for k in kinds for e in self.organisations[k] if pattern in e]
        found, entry = pick(rng, entries)
        return self._organisation(entry, found, context, rng, follow=True)

    def _organisation(
        self, entry: str, kind: str, context: Context, rng: Random, *, follow: bool = False
    ) -> Filling:
        names, _, gender = entry.rpartition(", ")
        english, hausa = pair(names)
        ambiguous = False
        if "{city}" in entry:
            city = context.fillings.get("city") if follow or kind in LOCAL else None
            city = city or self._place("city", rng)
            english = english.replace("{city}", city.forms["en"][""].text)
            hausa = hausa.replace("{city}", city.forms["ha"][""].text)
            ambiguous = True
        if "{state}" in entry:
            state = self._place("state", rng).forms
            english = english.replace("{state}", state["en"][""].text)
            hausa = hausa.replace("{State}", state["ha"][""].text.replace("jihar", "Jihar"))
            ambiguous = True
        if "{last}" in entry:
            last = pair(pick(rng, pick(rng, self.people).last))
            if follow:
                person = context.fillings["person"]
                last = (person.english_last, person.hausa_last)
            english, hausa = english.replace("{last}", last[0]), hausa.replace("{last}", last[1])
            ambiguous = True
        head, bar, tail = hausa.partition(" | ")
        en = english_name(english)
        forms_ha = {"": whole(f"{head} {tail}" if bar else head)}
        if bar:
            forms_ha |= {"head": whole(head), "tail": whole(tail)}
        forms = {"en": {"": en, "whole": en}, "ha": forms_ha}
        return Filling(en.text[en.start :], "ORG", GENDERS[gender], forms, ambiguous=ambiguous)

    def _number(self, kind: str, rng: Random) -> Filling:
        words = {"small": 10, "amount": 19, "count": len(self.nouns["numbers"])}[kind]
        if rng.random() < 0.4:
            english, hausa = pair(pick(rng, self.nouns["numbers"][:words]))
        else:
            high = {"small": 19, "amount": 95, "count": 980}[kind]
            english = hausa = str(between(rng, 2, high if rng.random() < 0.5 else min(high, 99)))
        return Filling(english, None, 2, {"en": {"": whole(english)}, "ha": {"": whole(hausa)}})

    def _counted(self, kind: str, rng: Random) -> Filling:
        number = self._number("count", rng).forms
        english, hausa = pair(pick(rng, self.nouns[f"counted_{kind}"]))
        english, hausa = f"{number['en'][''].text} {english}", f"{hausa} {number['ha'][''].text}"
        return Filling(english, None, 2, {"en": {"": whole(english)}, "ha": {"": whole(hausa)}})


def noun(entry: str) -> Filling:
    """``"school = makaranta, f, makarantar"``; the forms are ``""`` and, where given, ``def``."""
    english, rest = pair(entry)
    hausa, gender, *definite = rest.split(", ")
    forms = {"en": {"": whole(english), "def": whole(english)}, "ha": {"": whole(hausa)}}
    if definite:
        forms["ha"]["def"] = whole(definite[0])
    return Filling(english, None, GENDERS[gender], forms)
