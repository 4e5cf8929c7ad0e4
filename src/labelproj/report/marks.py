"""Texts with their spans marked, in HTML that is safe to put into a page."""

import html
from collections.abc import Mapping, Sequence

from labelproj.languages import flores_code
from labelproj.records import Span

__all__ = ["COLOURS", "colours_of", "direction", "marked_text"]

#: The number of colours that the page's style sheet has (``--c0`` …).
COLOURS = 10
_RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"}
_TEMPLATE = '<mark style="--c: {bg}">{text}<b>{label}</b></mark>'


def direction(lang: str) -> str:
    """Return ``rtl`` or ``ltr``: how the language is written."""
    return "rtl" if flores_code(lang).rsplit("_", 1)[-1] in _RIGHT_TO_LEFT else "ltr"


def colours_of(labels: Sequence[str]) -> dict[str, str]:
    """Return a CSS colour for each label, the same for the same set of labels."""
    return {
        label: f"var(--c{number % COLOURS})" for number, label in enumerate(sorted(set(labels)))
    }


def marked_text(text: str, spans: Sequence[Span], *, lang: str, colours: Mapping[str, str]) -> str:
    """Return ``text`` as HTML with ``spans`` marked by displaCy; everything is escaped.

    Of overlapping spans the longer one is marked. ``colours`` comes from :func:`colours_of`.
    """
    from spacy import displacy

    shown: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s.start)):
        if all(span.end <= other.start or other.end <= span.start for other in shown):
            shown.append(span)
    ents = [
        {"start": span.start, "end": span.end, "label": html.escape(span.label)}
        for span in sorted(shown, key=lambda s: s.start)
    ]
    document = {
        "text": text,
        "ents": ents,
        "title": None,
        "settings": {"lang": lang, "direction": direction(lang)},
    }
    options = {
        "template": _TEMPLATE,
        "colors": {html.escape(label): colour for label, colour in colours.items()},
    }
    return str(
        displacy.render(
            document, style="ent", manual=True, page=False, jupyter=False, options=options
        )
    )
