"""Exact match and F1 of answers, with SQuAD's and with MLQA's normalisation, and of their places.

SQuAD: Rajpurkar et al. 2016 and 2018 (https://rajpurkar.github.io/SQuAD-explorer): small letters,
no punctuation, no articles, words by white space. MLQA (Lewis et al. 2020,
https://aclanthology.org/2020.acl-main.653): the punctuation of all scripts, the articles of the
language, and for Chinese each character as a word. An unanswerable question has one right
answer: none.
"""

import json
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import regex

from labelproj.errors import FormatError
from labelproj.formats import check_inputs, read_documents, split_spec
from labelproj.formats.lines import read_bytes
from labelproj.progress import log
from labelproj.questions import answers_of, context_of
from labelproj.records import Reject

__all__ = ["answer_scores", "mlqa_words", "score_answer_files", "squad_words"]

_ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    "ar": r"\sال^|ال",
}
_BY_CHARACTER = {"zh", "ja", "th", "lo", "km", "my"}
_IDEOGRAPH = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_ASCII_MARKS = frozenset(string.punctuation)

Words = Callable[[str], list[str]]
#: An answer's text, start and end; the answers to each question, and its context.
Place = tuple[str, int, int]
Answers = dict[str, tuple[list[Place], str]]


def squad_words(text: str) -> list[str]:
    """Return the words of an answer as SQuAD's official script compares them."""
    plain = "".join(c for c in text.lower() if c not in _ASCII_MARKS)
    return str(regex.sub(_ARTICLES["en"], " ", plain)).split()


def mlqa_words(text: str, lang: str) -> list[str]:
    """Return the words of an answer in ``lang`` as MLQA's official script compares them."""
    plain = "".join(
        c
        for c in text.lower()
        if c not in _ASCII_MARKS and not unicodedata.category(c).startswith("P")
    )
    if lang in _ARTICLES:
        plain = regex.sub(_ARTICLES[lang], " ", plain)
    if lang in _BY_CHARACTER:
        plain = _IDEOGRAPH.sub(r" \g<0> ", plain)
    return plain.split()


def _f1(found: Sequence[str], true: Sequence[str]) -> float:
    if not found or not true:
        return float(found == true)
    common = sum((Counter(found) & Counter(true)).values())
    return 2 * common / (len(found) + len(true))


def answer_scores(
    predicted: Sequence[str], gold: Sequence[Sequence[str]], *, lang: str
) -> dict[str, object]:
    """Return ``exact_match``, ``answer_f1`` (SQuAD) and ``mlqa_exact_match``, ``mlqa_f1`` (0-100).

    ``predicted`` has an answer for each question, empty for none; ``gold`` its right answers,
    none for an unanswerable question. The best of the right answers counts.
    """
    kinds: dict[str, Words] = {
        "exact_match answer_f1": squad_words,
        "mlqa_exact_match mlqa_f1": lambda text: mlqa_words(text, lang),
    }
    scores: dict[str, object] = {"questions": len(gold)}
    for names, cut in kinds.items():
        exact = overlap = 0.0
        for text, answers in zip(predicted, gold, strict=True):
            found = cut(text)
            # As the official script: what normalises to nothing is no right answer.
            right = [words for words in map(cut, answers) if words] or [[]]
            exact += max(float(found == words) for words in right)
            overlap += max(_f1(found, words) for words in right)
        for name, total in zip(names.split(), (exact, overlap), strict=True):
            scores[name] = round(100 * total / max(len(gold), 1), 2)
    return scores


def score_answer_files(predicted: Path, gold: Path, *, lang: str) -> dict[str, object]:
    """Score answers against gold questions, matched by question id.

    ``gold`` is in any format that has questions (SQuAD's, say); ``predicted`` too, or it is the
    ``predictions.jsonl`` of the evaluate stage, or the JSON object of SQuAD's script, from
    question id to text. With places on both sides there are
    also ``span_exact_match`` and ``span_f1`` (characters shared), where the contexts are the
    same. A question without a prediction counts as wrong, unless it is unanswerable;
    ``missing`` counts them. Raises what reading raises, and FormatError without a question in
    common.
    """
    theirs = _answers(gold)
    texts = _mapping(predicted)
    ours = {} if texts is not None else _of_stage(predicted) or _answers(predicted)
    if texts is None:
        texts = {name: own[0][0] if own else "" for name, (own, _) in ours.items()}
    if not texts.keys() & theirs.keys():
        raise FormatError(
            f"no question in common with {gold}",
            where=str(predicted),
            remedy="give both files the same question ids",
        )
    missing = len(theirs.keys() - texts.keys())
    if missing:
        log.warning("%s: no answer to %d questions of %s", predicted, missing, gold)
    scores = answer_scores(
        [texts.get(name, "") for name in theirs],
        [[text for text, *_ in own] for own, _ in theirs.values()],
        lang=lang,
    )
    same = [name for name in theirs if name in ours and ours[name][1] == theirs[name][1]]
    if same:
        scores |= _span_scores(
            [ours[name][0][:1] for name in same], [theirs[name][0] for name in same]
        )
    return scores | {"missing": missing}


def _span_scores(
    predicted: Sequence[Sequence[Place]], gold: Sequence[Sequence[Place]]
) -> dict[str, object]:
    """Return the scores of places, 0-100, over questions that have them on both sides."""
    exact = shared = 0.0
    for found, answers in zip(predicted, gold, strict=True):
        if not found or not answers:
            exact += not found and not answers
            shared += not found and not answers
            continue
        _, start, end = found[0]
        exact += any((start, end) == (first, last) for _, first, last in answers)
        shared += max(
            2 * max(0, min(end, last) - max(start, first)) / (end - start + last - first)
            for _, first, last in answers
        )
    total = max(len(gold), 1)
    return {
        "span_questions": len(gold),
        "span_exact_match": round(100 * exact / total, 2),
        "span_f1": round(100 * shared / total, 2),
    }


def _mapping(path: Path) -> dict[str, str] | None:
    """Return the file's object where it is one from question ids to texts."""
    check_inputs([str(path)], format="jsonl")
    file = Path(split_spec(str(path))[1])
    if not file.is_file():  # an hf: dataset
        return None
    try:
        value = json.loads(read_bytes(file))
    except ValueError:
        return None
    if isinstance(value, dict) and all(isinstance(text, str) for text in value.values()):
        return value
    return None


def _of_stage(path: Path) -> Answers:
    """Return the answers in lines that the evaluate stage wrote; none where it did not."""
    found: Answers = {}
    file = Path(split_spec(str(path))[1])
    for line in read_bytes(file).splitlines() if file.is_file() else ():
        try:
            value = json.loads(line)
            text = value["text"]
            places = [(one["start"], one["end"]) for one in value["predicted"]]
        except (ValueError, KeyError, TypeError):
            return {}
        found[value["id"]] = ([(text[start:end], start, end) for start, end in places], text)
    return found


def _answers(path: Path) -> Answers:
    """Return the answers (text, start, end) of each question, and its context."""
    found: Answers = {}
    for record in read_documents(str(path), lang="xx"):
        if isinstance(record, Reject):
            log.warning("%s: %s", record.source, record.reason)
            continue
        segment = context_of(record)
        context = segment.text if segment else ""
        for name, spans in answers_of(record).items():
            places = [(span.surface(context), span.start, span.end) for span in spans]
            found[name] = (places, context)
    return found
