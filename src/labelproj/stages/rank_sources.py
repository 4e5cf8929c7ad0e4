"""``labelproj rank-sources``: which source language or dataset to use for a target language."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from labelproj.config import PrepareParams
from labelproj.errors import MissingInputError, UnknownLanguageError, UsageError
from labelproj.formats import check_inputs, split_spec
from labelproj.languages import flores_code, iso_code, language_name
from labelproj.progress import log, track
from labelproj.records import Document, Reject
from labelproj.sources.ranking import FEATURES, Candidate, formula, rank, sizes, weights_of
from labelproj.sources.texts import Profile, Tokens, coverage, lower_words, profile_of
from labelproj.sources.typology import Typology, typology
from labelproj.stages.from_predictions import plain_inputs
from labelproj.stages.prepare import ReadDocuments

__all__ = ["run_rank_sources"]


def run_rank_sources(
    *,
    tgt: str,
    candidates: Sequence[str] = (),
    data: Sequence[tuple[str, str]] = (),
    text: str | None = None,
    tokenizer: str | None = None,
    lang2vec: Path | None = None,
    weights: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """Rank source languages, or datasets, for the target language ``tgt``.

    ``candidates`` are ISO 639 codes; ``data`` pairs of a language and an input in any readable
    format, each a candidate of its own; ``text`` is text in ``tgt``, in any readable format (a
    ``.txt`` file is plain text); ``tokenizer`` a Hub id or folder; ``lang2vec`` the folder of
    lang2vec's data; ``weights`` go before 1 for each feature. Returns JSON values: ``sources``
    (best first: ``name``, ``lang``, ``data``, ``score``, ``features`` with null for what is not
    known, ``aspects`` of typology, ``counts``), ``formula``, ``weights``, ``left_out`` (why a
    feature does not count). Raises UsageError, UnknownLanguageError, what reading raises, and what
    opening a tokenizer raises.
    """
    weighed = weights_of(weights or {})
    entries = _entries([iso_code(one) for one in candidates], data)
    if not entries:
        raise UsageError("there is no candidate", remedy="--candidates en,fr or --data en=FILE")
    tgt = iso_code(tgt)
    own_text = plain_inputs([text] if text else [], format=None)
    check_inputs([*(spec for *_, spec in entries if spec), *own_text])
    tokens = _tokens(tokenizer) if tokenizer else None
    alike = _typology(lang2vec, tgt, [lang for _, lang, _ in entries])
    profiles = [_profile(spec, lang, tgt=tgt) if spec else None for _, lang, spec in entries]
    target = _profile(own_text[0], tgt, tgt=tgt) if own_text else None
    columns, reasons = _text_features(profiles, target, tokens)
    spans = [one.spans if one and one.spans else None for one in profiles]
    columns["size"] = sizes(spans)
    columns["script"] = [float(_script(lang) == _script(tgt)) for _, lang, _ in entries]
    columns["typology"] = [
        sum(own.values()) / len(own) if (own := alike.similar.get(lang, {})) else None
        for _, lang, _ in entries
    ]
    reasons["typology"] = "; ".join(alike.missing) or None
    if not any(profiles):
        reasons["size"] = "no data to count labels in (--data)"
    elif None in spans:
        without = [name for (name, *_), n in zip(entries, spans, strict=True) if n is None]
        reasons["size"] = f"no labelled spans of {', '.join(without)}"
    found = [
        Candidate(name, lang, {feature: columns[feature][n] for feature in FEATURES})
        for n, (name, lang, _) in enumerate(entries)
    ]
    ranking = rank(
        found, weights=weighed, reasons={k: reason for k, reason in reasons.items() if reason}
    )
    known = {
        name: (spec, profile) for (name, _, spec), profile in zip(entries, profiles, strict=True)
    }
    return {
        "tgt": tgt,
        "formula": formula(ranking.weights),
        "weights": dict(ranking.weights),
        "left_out": dict(ranking.left_out),
        "typology_missing": list(alike.missing),
        "domain_by": "translations" if _by_translation(profiles) else "words",
        "sources": [
            {
                "name": one.name,
                "lang": one.lang,
                "language": language_name(one.lang),
                "data": known[one.name][0],
                "score": None if score is None else round(score, 4),
                "features": {
                    k: None if v is None else round(v, 4) for k, v in one.features.items()
                },
                "aspects": {k: round(v, 4) for k, v in alike.similar.get(one.lang, {}).items()},
                "counts": _counts(known[one.name][1]),
            }
            for one, score in ranking.scored
        ],
    }


def _entries(
    candidates: Sequence[str], data: Sequence[tuple[str, str]]
) -> list[tuple[str, str, str | None]]:
    """Return name, language and input of each candidate; names are unique."""
    given = [(iso_code(lang), spec) for lang, spec in data]
    number = Counter(lang for lang, _ in given)
    entries: list[tuple[str, str, str | None]] = [
        (lang, lang, None) for lang in dict.fromkeys(candidates) if lang not in number
    ]
    stems = Counter((lang, _stem(spec)) for lang, spec in given)
    for lang, spec in given:
        named = _stem(spec) if stems[lang, _stem(spec)] == 1 else spec
        entries.append((lang if number[lang] == 1 else f"{lang}: {named}", lang, spec))
    if len({name for name, *_ in entries}) < len(entries):
        raise UsageError("the same data are given twice", remedy="name each --data once")
    order = {lang: n for n, lang in enumerate(dict.fromkeys(candidates))}
    return sorted(entries, key=lambda entry: order.get(entry[1], len(order)))


def _stem(spec: str) -> str:
    return Path(split_spec(spec)[1]).name.removesuffix(".gz").rsplit(".", 1)[0]


def _profile(spec: str, lang: str, *, tgt: str) -> Profile:
    rejected = 0

    def documents() -> Iterator[Document]:
        nonlocal rejected
        with track(f"reading {spec}", None) as progress:
            for _, item in ReadDocuments([spec], params=PrepareParams(), lang=lang):
                progress.advance(1)
                if isinstance(item, Reject):
                    rejected += 1
                else:
                    yield item if _translated_to(tgt, item) else _untranslated(item)

    found = profile_of(documents())
    if not found.words:
        raise MissingInputError(
            "no text could be read", where=spec, remedy="name its format before the path"
        )
    if rejected:
        log.warning("%s: left out %d records that cannot be read", spec, rejected)
    return found


def _translated_to(tgt: str, document: Document) -> bool:
    """Say whether a document's translations, if it has any, are in ``tgt`` for all it says."""
    said = document.payload.get("tgt_lang")
    try:
        return said is None or iso_code(str(said)) == tgt
    except UnknownLanguageError:
        return False


def _untranslated(document: Document) -> Document:
    segments = tuple(replace(segment, translation=None) for segment in document.segments)
    return replace(document, segments=segments)


def _tokens(tokenizer: str) -> Tokens:
    from labelproj.translate.hub import find_model
    from labelproj.translate.model import load_tokenizer

    opened = load_tokenizer(find_model(tokenizer, weights=False).folder)

    def tokens(text: str) -> list[str]:
        return [piece for piece in opened.tokenize(text) if any(map(str.isalpha, piece))]

    return tokens


def _typology(folder: Path | None, tgt: str, languages: Sequence[str]) -> Typology:
    if folder is None:
        return Typology({}, ("no lang2vec data (--lang2vec)",))
    return typology(folder, tgt=tgt, candidates=languages)


def _text_features(
    profiles: Sequence[Profile | None], target: Profile | None, tokens: Tokens | None
) -> tuple[dict[str, list[float | None]], dict[str, str | None]]:
    """Return the columns ``subwords`` and ``domain``, and why one is not known."""
    columns: dict[str, list[float | None]] = {
        name: [None] * len(profiles) for name in ("subwords", "domain")
    }
    if target is None:
        why = "no text in the target language (--text)"
        return columns, {"domain": why, "subwords": why}
    there = [(n, one) for n, one in enumerate(profiles) if one]
    translated = _by_translation(profiles)
    texts = [one.translations if translated else one.texts for _, one in there]
    jobs: list[tuple[str, list[list[str]], Tokens]] = [("domain", texts, lower_words)]
    if tokens:
        jobs.append(("subwords", [one.texts for _, one in there], tokens))
    for name, sources, how in jobs:
        shares = coverage(target.texts, sources, tokens=how, distinct=name == "domain")
        for (n, _), share in zip(there, shares, strict=True):
            columns[name][n] = share
    none = None if there else "no data to compare (--data)"
    return columns, {
        "domain": none,
        "subwords": none if tokens else "no tokenizer (--tokenizer)",
    }


def _by_translation(profiles: Sequence[Profile | None]) -> bool:
    """Say whether every corpus came with translations: then domains are compared in them."""
    return any(profiles) and all(one is None or one.translations for one in profiles)


def _script(lang: str) -> str:
    return flores_code(lang).rsplit("_", 1)[-1]


def _counts(profile: Profile | None) -> dict[str, object] | None:
    if profile is None:
        return None
    return {
        "documents": profile.documents,
        "words": profile.words,
        "spans": profile.spans,
        "labels": dict(sorted(profile.labels.items())),
    }
