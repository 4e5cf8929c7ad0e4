"""Dates in English and Hausa, and what of them is the labelled span."""

from __future__ import annotations

from random import Random
from typing import Any

from demo_corpus.fillings import Filling, after, between, pair, pick, whole

PAST = (
    "weekday",
    "weekday",
    "weekday",
    "day",
    "day",
    "month",
    "month_year",
    "year",
    "full",
    "weekday_day",
)
FUTURE = ("weekday", "weekday", "day", "day", "month", "year", "weekday_day", "month_year")


class Calendar:
    """Draws dates. ``ranar``, ``watan``, ``shekarar`` before a Hausa date are in its span.

    So they are in MasakhaNER 2 (Adelani et al. 2022, https://aclanthology.org/2022.emnlp-main.298).
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self.weekdays = [pair(entry) for entry in data["weekdays"]]
        self.months = [pair(entry) for entry in data["months"]]
        self.day: str = data["before_day"]
        self.month: str = data["before_month"]
        self.year: str = data["before_year"]
        self.years: dict[str, list[int]] = data["years"]

    def draw(self, kind: str, rng: Random) -> Filling:
        """A date for a slot of :data:`demo_corpus.lexicon.DATES`; ``f`` stands for the future."""
        tense = {"fdate": "future", "fyear": "future", "birth": "birth"}.get(kind, "past")
        year = between(rng, *self.years[tense])
        style = {"year": "year", "fyear": "year", "birth": "year", "fulldate": "full"}.get(kind)
        if style is None:
            style = pick(rng, FUTURE if tense == "future" else PAST)
        return self._make(style, year, rng)

    def _make(self, style: str, year: int, rng: Random) -> Filling:
        weekday_en, weekday_ha = pick(rng, self.weekdays)
        month_en, month_ha = pick(rng, self.months)
        day = between(rng, 1, 28)
        day_ha = f"{day} ga {self.month} {month_ha}"
        preposition, carrier, english, hausa = {
            "weekday": ("on", self.day, weekday_en, weekday_ha),
            "day": ("on", self.day, f"{day} {month_en}", day_ha),
            "weekday_day": (
                "on",
                self.day,
                f"{weekday_en}, {day} {month_en}",
                f"{weekday_ha}, {day_ha}",
            ),
            "month": ("in", self.month, month_en, month_ha),
            "month_year": (
                "in",
                self.month,
                f"{month_en} {year}",
                f"{month_ha} na {self.year} {year}",
            ),
            "full": ("on", self.day, f"{day} {month_en} {year}", f"{day_ha} na {self.year} {year}"),
            "year": ("in", self.year, str(year), str(year)),
        }[style]
        forms_en = {"": whole(english), "on": after(preposition, english)}
        hausa = f"{carrier} {hausa}"
        forms_ha = {"": whole(hausa), "on": after("a", hausa)}
        if style == "full":
            forms_ha["head"] = whole(f"{self.day} {day_ha}")
            forms_ha["tail"] = whole(f"{self.year} {year}")
        return Filling(english, "DATE", 1, {"en": forms_en, "ha": forms_ha})
