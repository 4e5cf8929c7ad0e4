"""What eflomal learnt from other bitext, counted once, kept, and used again as priors.

Learning from other bitext together with every job costs far more than the job itself. Instead
eflomal aligns the other bitext once, by itself; how often its words were linked, how far links
jumped and how many words each word had are counted; and eflomal begins every job with these
counts, as with those of pairs whose links are known (its *priors*, as
``eflomal-makepriors`` makes them). Two things are counted here that it leaves out: words that go
with nothing, and links with words that the job has not, together, so that the shares are right.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
import numpy.typing as npt

from labelproj.align.lexicon import Lexicon
from labelproj.errors import StorageError

__all__ = ["Counts", "Learnt", "count_links", "read_learnt", "write_learnt", "write_priors"]

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
#: eflomal tells apart so many numbers of words that one word is linked with; more are the last.
FERTILITIES = 8
_ABOUT = "about"
_PARTS = ("lexical", "times", "jumps", "jump_times", "fertilities")


@dataclass(frozen=True, slots=True)
class Counts:
    """What one model learnt in one direction, in which each word of side *to* has one of *of*.

    ``lexical`` has a row for each pair of words that were linked: their numbers in ``of`` and
    ``to``, from 1 (of 0: linked with nothing), and ``times`` how often. ``jumps`` are
    distances between the places of neighbours' links and ``jump_times`` how often. ``fertilities``
    (words, FERTILITIES) says how often each word of ``of`` had so many.
    """

    of: tuple[str, ...]
    to: tuple[str, ...]
    lexical: Ints
    times: Floats
    jumps: Ints
    jump_times: Floats
    fertilities: Floats


@dataclass(frozen=True, slots=True)
class Learnt:
    """What all models learnt from ``pairs`` pairs, by the name of the run, and their lexicon."""

    pairs: int
    counts: Mapping[str, Counts]
    lexicon: Lexicon


def count_links(
    texts: Iterable[tuple[Sequence[str], Sequence[str]]],
    files: Sequence[Iterable[str]],
    *,
    reverse: bool,
) -> Counts:
    """Count the links of some runs of one model, on average.

    ``texts`` are the words of sides *of* and *to*, and ``files`` have a line of links ``i-j`` for
    each. ``reverse``: the first number of a link is of side *to*.
    """
    numbers: tuple[dict[str, int], dict[str, int]] = ({}, {})
    lexical: Counter[tuple[int, int]] = Counter()
    jumps: Counter[int] = Counter()
    fertilities: Counter[tuple[int, int]] = Counter()
    for sides, *lines in zip(texts, *files, strict=True):
        if not all(sides):
            continue
        of, to = (
            [known.setdefault(word, len(known) + 1) for word in words]
            for known, words in zip(numbers, sides, strict=True)
        )
        for line in lines:
            places = dict(_links(line, reverse=reverse))
            before = -1
            for j, word in enumerate(to):
                place = places.get(j)
                if place is None:
                    lexical[0, word] += 1
                    continue
                lexical[of[place], word] += 1
                jumps[place - before] += 1
                before = place
            if before >= 0:
                jumps[len(of) - before] += 1
            had = Counter(places.values())
            fertilities.update((word, min(had[i], FERTILITIES - 1)) for i, word in enumerate(of))
    table = np.zeros((len(numbers[0]), FERTILITIES))
    for (word, number), times in fertilities.items():
        table[word - 1, number] = times
    return Counts(
        of=tuple(numbers[0]),
        to=tuple(numbers[1]),
        lexical=np.array([*lexical], dtype=np.int64).reshape(-1, 2),
        times=_average([*lexical.values()], len(files)),
        jumps=np.array([*jumps], dtype=np.int64),
        jump_times=_average([*jumps.values()], len(files)),
        fertilities=_average(table, len(files)),
    )


def write_priors(
    counts: Counts, of: Mapping[str, int], to: Mapping[str, int], path: Path, *, reverse: bool
) -> None:
    """Write the priors of a job for eflomal, which number the words of the job from 1.

    ``of`` and ``to`` number the job's words from 0; the number after the last stands for all
    other words.
    """
    mine, theirs = _mapped(counts.of, of), _mapped(counts.to, to)
    e, f = mine[counts.lexical[:, 0]], theirs[counts.lexical[:, 1]]
    here = e <= len(of)
    width = len(to) + 2
    keys, where = np.unique(e[here] * width + f[here], return_inverse=True)
    times = np.bincount(where, weights=counts.times[here], minlength=len(keys))
    pairs = (keys % width, keys // width) if reverse else (keys // width, keys % width)
    words = mine[1:]
    rows, columns = np.nonzero(counts.fertilities * (words <= len(of))[:, None])
    jumps, kinds = len(counts.jumps), len(rows)
    sizes = (len(to) + 2, len(of) + 2) if reverse else (len(of) + 2, len(to) + 2)
    own = (0, jumps, 0, kinds) if reverse else (jumps, 0, kinds, 0)
    with path.open("w", encoding="ascii") as stream:
        stream.write(" ".join(map(str, (*sizes, len(keys), *own))) + "\n")
        stream.writelines(f"{a} {b} {often:g}\n" for a, b, often in zip(*pairs, times, strict=True))
        stream.writelines(
            f"{jump} {often:g}\n"
            for jump, often in zip(counts.jumps, counts.jump_times, strict=True)
        )
        stream.writelines(
            f"{words[row]} {number} {counts.fertilities[row, number]:g}\n"
            for row, number in zip(rows, columns, strict=True)
        )


def write_learnt(path: Path, *learnt: Learnt, about: Mapping[str, object] | None = None) -> None:
    """Write what was learnt, one or several, as one file of arrays (``.npz``).

    ``about`` says where it comes from: the bytes of its JSON are the array ``about``.
    """
    text = json.dumps(about or {}, sort_keys=True)
    arrays: dict[str, Array] = {_ABOUT: np.frombuffer(text.encode(), dtype=np.uint8)}
    for number, one in enumerate(learnt):
        arrays |= {f"{number}/{name}": array for name, array in _arrays(one).items()}
    with path.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)


def read_learnt(path: Path) -> tuple[Learnt, ...]:
    """Read what :func:`write_learnt` wrote. Raises StorageError."""
    try:
        parts: dict[int, dict[str, Array]] = {}
        if not is_zipfile(path):
            raise ValueError("no archive of arrays")
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            for name, array in arrays.items():
                if name == _ABOUT:
                    continue
                number, _, rest = name.partition("/")
                parts.setdefault(int(number), {})[rest] = array
        if not parts:
            raise ValueError("there is nothing in it")
        return tuple(_learnt(part) for _, part in sorted(parts.items()))
    except (OSError, EOFError, ValueError, LookupError, BadZipFile, zlib.error) as error:
        raise StorageError(
            f"not what was learnt from bitext: {error}",
            where=str(path),
            remedy="delete it, and make it again",
        ) from error


def _arrays(learnt: Learnt) -> dict[str, Array]:
    arrays: dict[str, Array] = {"pairs": np.array([learnt.pairs])}
    for name, counts in learnt.counts.items():
        arrays |= {f"{name}/{part}": getattr(counts, part) for part in _PARTS}
        arrays |= {f"{name}/of": _bytes(counts.of), f"{name}/to": _bytes(counts.to)}
    src, tgt, links = learnt.lexicon.counts()
    numbers = [{word: place for place, word in enumerate(side)} for side in (src, tgt)]
    arrays |= {"src": _bytes(src), "tgt": _bytes(tgt)}
    arrays["src_times"] = np.array([*src.values()], dtype=np.float32)
    arrays["tgt_times"] = np.array([*tgt.values()], dtype=np.float32)
    ends = [(numbers[0][s], numbers[1][t]) for s, t in links]
    arrays["links"] = np.array(ends, dtype=np.int64).reshape(-1, 2)
    arrays["link_times"] = np.array([*links.values()], dtype=np.float32)
    return arrays


def _learnt(arrays: Mapping[str, Array]) -> Learnt:
    names = sorted(name.removesuffix("/of") for name in arrays if name.endswith("/of"))
    counts = {
        name: Counts(
            of=_words(arrays[f"{name}/of"]),
            to=_words(arrays[f"{name}/to"]),
            **{part: arrays[f"{name}/{part}"] for part in _PARTS},
        )
        for name in names
    }
    src, tgt = _words(arrays["src"]), _words(arrays["tgt"])
    times = (arrays[name].tolist() for name in ("src_times", "tgt_times", "link_times"))
    src_times, tgt_times, link_times = times
    links = ((src[s], tgt[t]) for s, t in arrays["links"].tolist())
    lexicon = Lexicon()
    lexicon.add_counts(
        dict(zip(src, src_times, strict=True)),
        dict(zip(tgt, tgt_times, strict=True)),
        dict(zip(links, link_times, strict=True)),
    )
    return Learnt(int(arrays["pairs"][0]), counts, lexicon)


def _links(line: str, *, reverse: bool) -> Iterator[tuple[int, int]]:
    """Yield the place on side *to* and the one on side *of* of each link."""
    for link in line.split():
        first, _, second = link.partition("-")
        yield (int(first), int(second)) if reverse else (int(second), int(first))


def _average(sums: npt.ArrayLike, number: int) -> Floats:
    return (np.asarray(sums, dtype=np.float64) / number).astype(np.float32)


def _mapped(words: Sequence[str], numbers: Mapping[str, int]) -> Ints:
    """Return the number in a job (from 1) of each word, after that of no word, which is 0."""
    other = len(numbers)
    return np.array([0, *(numbers.get(word, other) + 1 for word in words)], dtype=np.int64)


def _bytes(words: Iterable[str]) -> Array:
    """Return words, in which no white space is, as bytes."""
    return np.frombuffer("\n".join(words).encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _words(raw: Array) -> tuple[str, ...]:
    text = raw.tobytes().decode("utf-8", "surrogatepass")
    return tuple(text.split("\n")) if text else ()
