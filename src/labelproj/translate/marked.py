"""Translating marked source text: one pass gives the translation and the places of the spans."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from labelproj.config import TranslateParams
from labelproj.errors import ModelError
from labelproj.records import Span, Translation
from labelproj.translate.engine import Engine
from labelproj.translate.families import Codec
from labelproj.translate.schemes import MarkerScheme
from labelproj.translate.split import is_translatable
from labelproj.translate.unmark import MOST_MARKS, Unmarked, mark_spans, unmark

__all__ = ["MarkedTranslation", "check_marks", "translate_marked"]

Labelled = tuple[str, tuple[Span, ...]]


class MarkedTranslation(NamedTuple):
    """A translation, and what the model wrote for the marked source where that was used."""

    translation: Translation
    marked: str | None


def check_marks(codec: Codec, scheme: MarkerScheme, *, where: str) -> None:
    """Make sure that the model's tokenizer can write the marks of ``scheme``; else ModelError."""
    opening, closing = scheme.marks(0)
    tokens = codec.encode([f"a {opening}{scheme.space}b{scheme.space}{closing} c"])[0]
    bare = [token for token in tokens if token not in codec.head and token not in codec.tail]
    (back,) = codec.decode([bare])
    if str(codec.tokenizer.unk_token) in tokens or opening not in back or closing not in back:
        raise ModelError(
            f"the model's tokenizer cannot write the marks {opening} {closing}",
            where=where,
            remedy="use the other marker scheme, or another model",
        )


def translate_marked(
    engine: Engine, units: Sequence[Labelled], params: TranslateParams, *, scheme: MarkerScheme
) -> list[MarkedTranslation]:
    """Translate texts with their spans marked; the translations are without marks.

    Where a mark may have left a part of itself in the text (flag ``marks-broken``), or where
    marks are gone (``marks-lost``) and ``params.lost_marks`` is ``retranslate``, the text is
    translated once more, unmarked. Texts without spans are never marked; marks that the model
    sets in them all the same are taken out.
    """
    markable = [0 < len(spans) <= MOST_MARKS for _, spans in units]
    can = [can and is_translatable(text) for can, (text, _) in zip(markable, units, strict=True)]
    first = engine.translate(
        [
            mark_spans(text, spans if marked else (), scheme)
            for marked, (text, spans) in zip(can, units, strict=True)
        ],
        params,
    )
    results: list[MarkedTranslation] = []
    again: list[int] = []
    for index, ((text, spans), found) in enumerate(zip(units, first, strict=True)):
        if can[index]:
            read = unmark(found.text, source=text, spans=spans, scheme=scheme)
            result, usable = _read(found, read, keep=params.lost_marks == "keep")
            if not usable:
                again.append(index)
        elif markable[index] and found.status == "copied":
            result = _copied(_plain(found, text, scheme), text, spans, scheme)
        else:
            result = MarkedTranslation(_plain(found, text, scheme), None)
        results.append(result)
    plain = engine.translate([scheme.escape(units[index][0]) for index in again], params)
    for index, unmarked in zip(again, plain, strict=True):
        found = _plain(unmarked, units[index][0], scheme)
        flags = {*found.flags} | {f for f in results[index].translation.flags if "marks" in f}
        found = replace(found, flags=tuple(sorted(flags)))
        results[index] = MarkedTranslation(found, None)
    return results


def _read(found: Translation, read: Unmarked, *, keep: bool) -> tuple[MarkedTranslation, bool]:
    """Return the translation without marks, and whether it may be used."""
    flags = found.flags if read.state == "whole" else (*found.flags, f"marks-{read.state}")
    text = replace(found, text=read.text, flags=tuple(sorted(flags)))
    usable = bool(read.text) and (read.state == "whole" or (keep and read.state == "lost"))
    return MarkedTranslation(text, found.text), usable


def _plain(found: Translation, text: str, scheme: MarkerScheme) -> Translation:
    """Take out what marks the model has set in the translation of a text without any."""
    return replace(found, text=unmark(found.text, source=text, spans=(), scheme=scheme).text)


def _copied(
    found: Translation, text: str, spans: Sequence[Span], scheme: MarkerScheme
) -> MarkedTranslation:
    """Mark a text that is its own translation, if its marks come off again without a trace."""
    marked = mark_spans(text, spans, scheme)
    read = unmark(marked, source=text, spans=spans, scheme=scheme)
    same = read.state == "whole" and read.text == found.text
    return MarkedTranslation(found, marked if same else None)
