"""Models that score a pair: an MT model both ways, a sentence encoder, an outside program.

The probability of a translation given its source, and of the source given the translation, is
what NMTScore builds on (Vamvas & Sennrich 2022); round-trip chrF compares the source with the
translation of the translation.
"""

import json
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelproj.align.encoder import Encoder, Text
from labelproj.align.matching import host
from labelproj.align.states import read_config
from labelproj.config import TranslateParams
from labelproj.errors import DependencyError, FormatError, LabelprojError, UsageError
from labelproj.filters.resources import Pairs, Scores
from labelproj.text import words
from labelproj.translate.engine import Engine

__all__ = ["OutsideEstimator", "SentenceEncoder", "TranslationScorer"]

_SCORE_TOKENS = 2048


class TranslationScorer:
    """An open MT model: the log-probability of given translations, and translations of its own."""

    def __init__(self, engine: Engine):
        self._engine = engine

    def score(self, pairs: Pairs) -> Scores:
        """Return the mean log-probability per token of each target text given its source.

        None where a side is empty or longer than the model takes (1,024 tokens).
        """
        codec = self._engine.codec
        sources = codec.encode([source for source, _ in pairs])
        ids = codec.tokenizer(
            text_target=[target for _, target in pairs],
            add_special_tokens=False,
            return_attention_mask=False,
            verbose=False,
        )["input_ids"]
        prefix = list(codec.target_prefix)
        targets = [prefix + [codec.tokens[i] for i in own] for own in ids]
        good = [
            n
            for n, (pair, src, tgt) in enumerate(zip(pairs, sources, targets, strict=True))
            if pair[0].strip() and pair[1].strip() and max(len(src), len(tgt)) < 1024
        ]
        values: list[float | None] = [None] * len(pairs)
        if not good:
            return values
        results = self._engine.translator.score_batch(
            [sources[n] for n in good],
            [targets[n] for n in good],
            batch_type="tokens",
            max_batch_size=_SCORE_TOKENS,
        )
        for n, result in zip(good, results, strict=True):
            # The language token is scored too, and says nothing.
            own = result.log_probs[len(prefix) :]
            values[n] = round(float(np.mean(own)), 3)
        return values

    def back(self, texts: Sequence[str]) -> list[str]:
        """Return the translation of each text; empty where it failed."""
        found = self._engine.translate([text or "" for text in texts], TranslateParams(beam_size=2))
        return [one.text if one.status != "failed" else "" for one in found]


class SentenceEncoder:
    """The likeness of two texts by the mean state of an encoder's last layer.

    ``model`` is a Hub id or folder: LaBSE, multilingual sentence-transformers, or an MT model,
    whose encoder is taken. Raises what :class:`~labelproj.align.encoder.Encoder` raises.
    """

    def __init__(self, model: str, *, src: str | None, tgt: str | None, device: str = "auto"):
        self._model = model
        self._languages = src, tgt
        self._encoder = Encoder(model, layer=read_config(model)[1], device=device)

    def score(self, pairs: Pairs) -> Scores:
        """Return each pair's cosine less the mean cosine with the texts of the other pairs.

        What is left out is how alike any two texts are to this encoder. None for empty texts.
        """
        sides = []
        for side, language in enumerate(self._languages):
            texts = [
                Text([pair[side][s:e] for s, e in words(pair[side])], language) for pair in pairs
            ]
            encoded = self._encoder.encode(texts)
            vectors = host(encoded.vectors)
            pooled = np.zeros((len(pairs), vectors.shape[1]))
            for n, one in enumerate(encoded.texts):
                if len(one.rows):
                    pooled[n] = vectors[one.rows].mean(axis=0)
            norms = np.linalg.norm(pooled, axis=1, keepdims=True)
            sides.append((pooled / np.maximum(norms, 1e-9), norms[:, 0] > 0))
        (src, has_src), (tgt, has_tgt) = sides
        own = (src * tgt).sum(axis=1)
        others = np.zeros(len(pairs))
        if len(pairs) > 1:
            every = src @ tgt.mean(axis=0), tgt @ src.mean(axis=0)
            others = (sum(every) / 2 * len(pairs) - own) / (len(pairs) - 1)
        known = has_src & has_tgt
        return [
            round(float(value), 4) if there else None
            for value, there in zip(own - others, known, strict=True)
        ]


class OutsideEstimator:
    """A quality estimator that cannot share this environment, such as COMET-QE.

    ``command`` holds ``{input}`` and ``{output}``: it reads JSON Lines with ``id``, ``src`` and
    ``mt`` and writes JSON Lines with ``id`` and ``score``. It runs once for each shard.
    """

    def __init__(self, command: str):
        if "{input}" not in command or "{output}" not in command:
            raise UsageError(
                "the command has no {input} and {output}",
                where="filter.comet_command",
                remedy="for example: /opt/comet/bin/python score.py {input} {output}",
            )
        self._command = shlex.split(command)

    def estimate(self, rows: Sequence[Mapping[str, str]]) -> Scores:
        """Return the score of each row.

        Raises DependencyError (no such program), LabelprojError (it failed; with the end of
        what it said) and FormatError (what it wrote is not a score for every row).
        """
        with tempfile.TemporaryDirectory(prefix="labelproj-comet-") as name:
            paths = {"input": Path(name) / "input.jsonl", "output": Path(name) / "output.jsonl"}
            with paths["input"].open("w", encoding="utf-8") as stream:
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            command = [
                part.replace("{input}", str(paths["input"])).replace(
                    "{output}", str(paths["output"])
                )
                for part in self._command
            ]
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            except OSError as error:
                raise DependencyError(
                    f"cannot be started: {error.strerror}",
                    where=command[0],
                    remedy="check filter.comet_command",
                ) from error
            if done.returncode:
                last = (done.stderr.strip() or done.stdout.strip() or "it said nothing")[-300:]
                raise LabelprojError(
                    f"stopped with status {done.returncode}: {last}",
                    where=command[0],
                    remedy="run filter.comet_command by hand on a small file",
                )
            scores = _scores(paths["output"])
        missing = [row["id"] for row in rows if row["id"] not in scores]
        if missing:
            raise FormatError(
                f"no score for {len(missing)} of {len(rows)} rows, the first is {missing[0]!r}",
                where=command[0],
                remedy="it must write a line of id and score for each line it reads",
            )
        return [scores[row["id"]] for row in rows]


def _scores(path: Path) -> dict[str, float]:
    found: dict[str, float] = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            found[str(record["id"])] = float(record["score"])
        except (ValueError, TypeError, KeyError) as error:
            raise FormatError(
                f"line {number} of the output is not a JSON object with id and score",
                where="filter.comet_command",
            ) from error
    return found
