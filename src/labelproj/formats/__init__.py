"""Foreign formats: any of them becomes documents, documents become any of them.

A member of this room is a :class:`~labelproj.formats.base.Format` in a file of its own.
:mod:`~labelproj.formats.parallel` and :mod:`~labelproj.formats.bitext` read pairs of texts,
which are not documents.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from labelproj.errors import MissingInputError, UsageError
from labelproj.formats.base import Format
from labelproj.formats.bitod import Bitod
from labelproj.formats.brat import Brat
from labelproj.formats.brat_events import BratEvents
from labelproj.formats.conll import Conll
from labelproj.formats.docbin import DocBinFormat
from labelproj.formats.hub import HF_PREFIX, HubDataset
from labelproj.formats.json_values import first_object
from labelproj.formats.jsonl import Jsonl
from labelproj.formats.lines import plain_name
from labelproj.formats.mtod import Mtod, is_mtod
from labelproj.formats.multiwoz import MultiWoz
from labelproj.formats.oneie import OneIe
from labelproj.formats.phee import Phee
from labelproj.formats.plain import PlainText
from labelproj.formats.rams import Rams
from labelproj.formats.risawoz import Risawoz
from labelproj.formats.sgd import Sgd
from labelproj.formats.squad import Squad
from labelproj.formats.woz2 import Woz2
from labelproj.records import Document, Reject

__all__ = [
    "FORMATS",
    "Format",
    "check_inputs",
    "format_by_name",
    "format_named",
    "format_of",
    "read_documents",
    "split_spec",
    "write_documents",
]

FORMATS: dict[str, type[Format]] = {
    "conll": Conll,
    "jsonl": Jsonl,
    "docbin": DocBinFormat,
    "brat": Brat,
    "brat_events": BratEvents,
    "oneie": OneIe,
    "phee": Phee,
    "rams": Rams,
    "squad": Squad,
    "hf": HubDataset,
    "woz2": Woz2,
    "multiwoz": MultiWoz,
    "sgd": Sgd,
    "bitod": Bitod,
    "risawoz": Risawoz,
    "mtod": Mtod,
    "text": PlainText,
}


def format_named(name: str, options: Mapping[str, object] | None = None) -> Format:
    """Return the format called ``name`` with its ``options`` (its class's fields).

    Raises UsageError for a name or an option that there is not.
    """
    if name not in FORMATS:
        raise UsageError(f"no format {name!r}", remedy=f"choose from {', '.join(FORMATS)}")
    try:
        return FORMATS[name](**(options or {}))
    except TypeError as error:
        known = ", ".join(getattr(FORMATS[name], "__dataclass_fields__", {})) or "none"
        raise UsageError(
            f"format {name} has no such option: {', '.join(options or {})}",
            remedy=f"its options: {known}",
        ) from error


def split_spec(spec: str) -> tuple[str | None, str]:
    """Return the format that an input names before its path (``phee:FILE``), and the path.

    ``hf:`` names stay as they are.
    """
    name, colon, rest = spec.partition(":")
    if colon and name in FORMATS and name != "hf":
        return name, rest
    return None, spec


def format_of(spec: str) -> str:
    """Return the name of the format that a path or ``hf:…`` is taken to be.

    ``FORMAT:PATH`` is that format, a folder is brat; otherwise the ending decides, the longest
    that fits, and of a file that is there its first object (JSON) or line (``.txt`` and the like
    may have Facebook's utterances). Raises UsageError for an
    ending that is not known.
    """
    found = format_by_name(spec)
    path = Path(spec)
    if found == Jsonl.name and path.is_file() and (head := first_object(path)):
        claimed = (name for name, kind in FORMATS.items() if kind.claims(head))
        return next(claimed, found)
    if found == Conll.name and path.is_file() and is_mtod(path):
        return Mtod.name
    return found


def format_by_name(spec: str) -> str:
    """Return the name of the format of a file that is to be written; see :func:`format_of`.

    What is there already is not looked into.
    """
    if spec.startswith(HF_PREFIX):
        return "hf"
    named, rest = split_spec(spec)
    if named:
        return named
    path = Path(rest)
    if path.is_dir():
        return "brat"
    fitting = [
        (len(suffix), name)
        for name, kind in FORMATS.items()
        for suffix in kind.suffixes
        if plain_name(path).endswith(suffix)
    ]
    if not fitting:
        raise UsageError(
            f"what format is {path.suffix or 'a file without an ending'}?",
            where=spec,
            remedy="name it before the path (FORMAT:PATH) or with --format (labelproj convert: "
            f"--from, --to): {', '.join(FORMATS)}",
        )
    return max(fitting, key=lambda one: one[0])[1]


def check_inputs(specs: Iterable[str], *, format: str | None = None) -> None:
    """Raise MissingInputError for a path that is not there, UsageError for an unknown format.

    Nothing is read; whether an ``hf:`` dataset exists is not asked.
    """
    for spec in specs:
        path = split_spec(spec)[1]
        if not path.startswith(HF_PREFIX) and not Path(path).exists():
            raise MissingInputError("no such file or folder", where=path, remedy="check the path")
        format_named(format or format_of(spec))


def read_documents(
    spec: str,
    *,
    lang: str,
    format: str | None = None,
    options: Mapping[str, object] | None = None,
) -> Iterator[Document | Reject]:
    """Yield the documents of ``spec`` in their order, and a Reject for each bad record.

    ``spec`` is a path (``.gz`` or not; a folder for brat), ``FORMAT:PATH`` or
    ``hf:NAME[:CONFIG[:SPLIT]]``;
    ``lang`` the language of its text, where the source does not say; ``format`` a name of
    ``FORMATS``, taken from the ending of the path when it is not given; ``options`` the fields
    of that format. One record is in memory at a time (DocBin excepted).

    Raises at once UsageError and, for a path, MissingInputError (no such file); while reading,
    MissingInputError (nothing in it), FormatError, and for ``hf:`` HubError and DependencyError.
    """
    check_inputs([spec], format=format)
    reader = format_named(format or format_of(spec), options)
    return reader.read(split_spec(spec)[1], lang=lang)


def write_documents(documents: Iterable[Document], path: Path, *, format: str | None = None) -> int:
    """Write ``documents`` to ``path`` as they come, and return how many there were.

    A file appears whole or not at all, gzipped when its name ends in ``.gz``; brat writes a
    folder of files. ``format`` is taken from the ending of the path when it is not given, whatever
    is there already. Raises UsageError and StorageError.
    """
    return format_named(format or format_by_name(str(path))).write(documents, path)
