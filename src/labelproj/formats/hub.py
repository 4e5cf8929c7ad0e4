"""Datasets on the Hugging Face Hub, or in a folder laid out as there, read as a stream."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from labelproj.errors import DependencyError, FormatError, HubError, MissingInputError, UsageError
from labelproj.formats.base import Format, demand_format, plain_document
from labelproj.formats.detokenize import detokenize, join_with_spaces
from labelproj.formats.json_values import spans_value, text_value
from labelproj.formats.squad import answer_span, question_document
from labelproj.network import hub_answers
from labelproj.records import Document, Reject, Span
from labelproj.tags import spans_from_tags

__all__ = ["HF_PREFIX", "HubDataset"]

HF_PREFIX = "hf:"
_COLUMNS = (
    "columns 'tokens' and 'ner_tags', or 'text' and 'spans', or 'context', 'question' and 'answers'"
)
_QA_COLUMNS = frozenset({"context", "question", "answers"})


@dataclass(frozen=True, slots=True)
class HubDataset(Format):
    """``hf:NAME[@REVISION][:CONFIG[:SPLIT]]``; NAME is a dataset's Hub id or a folder.

    Rows have ``text`` and ``spans`` (as in JSON Lines), or ``tokens`` and ``ner_tags`` (strings,
    or ClassLabel numbers), or SQuAD's ``context``, ``question`` and ``answers`` (``text``,
    ``answer_start``), where rows of one context that follow each other become one document.
    Without SPLIT the only split is read, or ``train``. Documents are
    named by the column ``id``, or ``<name>-<split>-<n>``, n counting rows from 1. Read only.
    """

    detokenize: bool = True

    name: ClassVar[str] = "hf"

    def read(self, source: str, *, lang: str) -> Iterator[Document | Reject]:
        """Yield one document a row; see :meth:`Format.read`.

        Raises also DependencyError (no ``datasets``), HubError (not reachable, or refused) and
        UsageError (no such configuration or split).
        """
        return demand_format(
            self._rows(source, lang), symptom="no column", remedy=f"the dataset needs {_COLUMNS}"
        )

    def write(self, documents: Iterable[Document], path: Path) -> int:
        """Raise UsageError: a dataset folder is made by the build stage, not as a format."""
        raise UsageError(
            "datasets can be read but not written as a format",
            where=str(path),
            remedy="write conll, jsonl, docbin or brat; `labelproj stage build` makes datasets",
        )

    def _rows(self, source: str, lang: str) -> Iterator[Document | Reject]:
        rows, split = _open(source)
        dataset = source.removeprefix(HF_PREFIX).split(":")[0].partition("@")[0].rstrip("/")
        stem = f"{Path(dataset).name}-{split}"
        names = _class_names(rows.features or {})
        number = 0
        waiting = _Questions(lang)
        for number, row in enumerate(_guarded(rows, source), start=1):
            if row.keys() >= _QA_COLUMNS:
                yield from waiting.add(row, source, number, f"{stem}-{number}")
                continue
            name = None
            try:
                name = text_value(row, "id", default=f"{stem}-{number}")
                yield self._document(name, row, names, lang)
            except ValueError as error:
                yield Reject(source, number, name, str(error), repr(row))
        yield from waiting.release()
        if not number:
            raise MissingInputError("nothing in it", where=source, remedy="choose another split")

    def _document(
        self, name: str, row: Mapping[str, Any], names: Mapping[str, list[str]], lang: str
    ) -> Document:
        if "text" in row and "spans" in row:
            text = text_value(row, "text")
            spans = spans_value({"spans": _named_spans(row["spans"], names)}, "spans", text)
            return plain_document(name, lang, text, spans)
        if "tokens" not in row or "ner_tags" not in row:
            raise ValueError(f"no column that can be read; there are {', '.join(row)}")
        tokens = row["tokens"]
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise ValueError("'tokens' is not a list of strings")
        join = detokenize(tokens, lang=lang) if self.detokenize else join_with_spaces(tokens)
        tags = [_named(tag, names.get("ner_tags")) for tag in row["ner_tags"] or ()]
        spans, _ = spans_from_tags(tags, join[1])
        return plain_document(name, lang, join[0], spans)


class _Questions:
    """Rows of questions, put together to a document for each context."""

    def __init__(self, lang: str):
        self._lang = lang
        self._name = self._title = self._context = ""
        self._found: dict[str, tuple[str, list[Span]]] = {}

    def add(
        self, row: Mapping[str, Any], source: str, number: int, default: str
    ) -> Iterator[Document | Reject]:
        """Take a row; yield the document before it where it has another context."""
        name = None
        try:
            name = text_value(row, "id", default=default)
            context, question = text_value(row, "context"), text_value(row, "question")
            spans = [
                answer_span(name, place, answer, context)
                for place, answer in enumerate(_answers(row["answers"]))
            ]
            if context == self._context and name in self._found:
                raise ValueError(f"duplicate id {name!r}")
        except ValueError as error:
            yield Reject(source, number, name, str(error), repr(row)[:1000])
            return
        if context != self._context:
            yield from self.release()
            self._name, self._context = f"{default}", context
            self._title = str(row.get("title") or "")
        self._found[name] = question, spans

    def release(self) -> Iterator[Document]:
        """Yield the document of the rows so far, if there are any."""
        questions = [(name, text, spans) for name, (text, spans) in self._found.items()]
        self._found = {}
        if questions:
            payload = {"title": self._title} if self._title else {}
            yield question_document(
                self._name, self._context, questions, lang=self._lang, payload=payload
            )


def _answers(value: object) -> list[dict[str, object]]:
    """Return answers as objects, from a list of them or from an object of lists."""
    if isinstance(value, Mapping):
        texts, starts = value.get("text"), value.get("answer_start")
        if isinstance(texts, list) and isinstance(starts, list) and len(texts) == len(starts):
            return [{"text": t, "answer_start": s} for t, s in zip(texts, starts, strict=True)]
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return value
    raise ValueError("'answers' has no 'text' and 'answer_start'")


def _open(source: str) -> tuple[Any, str]:
    """Return the rows of a dataset as a stream, and the name of their split."""
    try:
        import datasets
    except ImportError as error:
        raise DependencyError(
            "reading hf: inputs needs the package datasets",
            where=source,
            remedy="pip install 'labelproj[data]'",
        ) from error
    name, config, split = [*source.removeprefix(HF_PREFIX).split(":"), "", ""][:3]
    name, _, revision = name.partition("@")
    if not name:
        raise UsageError(
            "no dataset is named", where=source, remedy="write hf:NAME[:CONFIG[:SPLIT]]"
        )
    is_path = Path(name).exists() or name.startswith((".", "/"))
    if not is_path and not hub_answers():
        raise HubError(
            "the Hub does not answer",
            where=source,
            remedy="check the network, or give a local folder",
        )
    try:
        found = datasets.load_dataset(
            name, config or None, split=split or None, revision=revision or None, streaming=True
        )
    except datasets.exceptions.DatasetNotFoundError as error:
        raise HubError(
            _first_line(error), where=source, remedy="check the name; log in with `hf auth login`"
        ) from error
    except FileNotFoundError as error:
        raise MissingInputError(
            _first_line(error), where=source, remedy="check the path"
        ) from error
    except OSError as error:  # among them all of huggingface_hub's HTTP errors
        raise HubError(
            _first_line(error), where=source, remedy="check the network, or give a local folder"
        ) from error
    except ValueError as error:  # among them an impossible name
        raise UsageError(
            _first_line(error), where=source, remedy="write hf:NAME[:CONFIG[:SPLIT]]"
        ) from error
    except Exception as error:  # a loading script, or files that are not what they seem
        raise FormatError(
            _first_line(error), where=source, remedy="use a dataset of parquet, JSON or CSV files"
        ) from error
    if split:
        return found, split
    chosen = next(iter(found)) if len(found) == 1 else "train"
    if chosen not in found:
        raise UsageError(
            f"which split? There are {', '.join(found)}",
            where=source,
            remedy=f"write hf:{name}:{config}:{next(iter(found), 'SPLIT')}",
        )
    return found[chosen], chosen


def _guarded(rows: Iterable[dict[str, Any]], source: str) -> Iterator[dict[str, Any]]:
    """Pass rows on; an error of the stream is named, as what comes after it cannot be read."""
    stream = iter(rows)
    number = 0
    while True:
        number += 1
        try:
            row = next(stream)
        except StopIteration:
            return
        except OSError as error:
            raise HubError(
                _first_line(error), where=f"{source}:{number}", remedy="try again"
            ) from error
        except Exception as error:  # datasets raises what the library for each file type raises
            raise FormatError(
                f"cannot be read on: {_first_line(error)}",
                where=f"{source}:{number}",
                remedy="mend the dataset's files",
            ) from error
        yield row


def _class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names behind the numbers of ClassLabel columns (of tags, of spans' labels)."""
    found = {}
    tags = features.get("ner_tags")
    spans = getattr(features.get("spans"), "feature", None)
    label = spans.get("label") if isinstance(spans, Mapping) else None
    for key, feature in (("ner_tags", getattr(tags, "feature", None)), ("label", label)):
        names = getattr(feature, "names", None)
        if names:
            found[key] = list(names)
    return found


def _named_spans(values: object, names: Mapping[str, list[str]]) -> object:
    if not isinstance(values, list):
        return values
    return [
        value | {"label": _named(value.get("label"), names.get("label"))}
        if isinstance(value, dict)
        else value
        for value in values
    ]


def _named(value: object, names: list[str] | None) -> str:
    if isinstance(value, str):
        return value
    if type(value) is int and names is not None and 0 <= value < len(names):
        return names[value]
    raise ValueError(f"{value!r} is neither a label nor the number of one")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
