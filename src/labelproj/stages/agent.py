"""``labelproj dialogue examples``, ``train`` and ``predict``, and the scores of what they give."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from labelproj.dialogue.examples import SUBTASKS, examples_of
from labelproj.dialogue.kb import read_kb
from labelproj.dialogue.schema import KEY, dialogue_of
from labelproj.errors import MissingInputError
from labelproj.evaluate.dialogue import read_examples, read_outputs, score_outputs, write_outputs
from labelproj.evaluate.value_maps import renamed, score_values
from labelproj.formats import read_documents
from labelproj.formats.lines import open_output
from labelproj.progress import log
from labelproj.provenance import now, versions
from labelproj.records import Document
from labelproj.shards import write_manifest
from labelproj.train.agent import COPY, copy_state, predict
from labelproj.train.seq2seq import Seq2Seq, Seq2SeqParams, taught, train_seq2seq

__all__ = ["run_examples", "run_predict", "run_score", "run_score_values", "run_train_agent"]


def run_examples(
    source: str,
    out: Path,
    *,
    lang: str,
    format: str | None = None,
    slots: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Write the examples of all dialogues of ``source``; return how many of each subtask.

    ``slots`` and ``values`` (folded) get other names. A dialogue that cannot be used is counted
    as ``rejected`` and logged. Raises MissingInputError where there is none.
    """
    counts: Counter[str] = Counter(dialogues=0, rejected=0, **dict.fromkeys(SUBTASKS, 0))
    with open_output(out) as stream:
        for document in read_documents(source, lang=lang, format=format):
            if not isinstance(document, Document) or KEY not in document.payload:
                reason = "no dialogue" if isinstance(document, Document) else document.reason
                name = document.id if isinstance(document, Document) else document.record_id
                log.warning("%s: %s: %s", source, name, reason)
                counts["rejected"] += 1
                continue
            named = renamed(document, slots=slots or {}, values=values or {})
            counts["dialogues"] += 1
            for example in examples_of(named, dialogue_of(named)):
                counts[example.subtask] += 1
                stream.write(json.dumps(example.as_json(), ensure_ascii=False) + "\n")
        if not counts["dialogues"]:
            raise MissingInputError(
                "no dialogue that can be used", where=source, remedy="name its format with --format"
            )
    return dict(counts)


def run_train_agent(
    examples: Sequence[Path], out: Path, *, params: Seq2SeqParams, subtasks: Sequence[str]
) -> dict[str, object]:
    """Train a model on the examples of ``subtasks`` and write it to ``out``; return figures."""
    pairs = [
        (example.input, example.target)
        for path in examples
        for example in read_examples(path)
        if example.subtask in subtasks
    ]
    trained, figures = train_seq2seq(taught(pairs, params), params)
    trained.save(out)
    manifest: dict[str, object] = {
        "stage": "dialogue train",
        "inputs": [str(path) for path in examples],
        "subtasks": list(subtasks),
        "params": {name: getattr(params, name) for name in Seq2SeqParams.__dataclass_fields__},
        "versions": versions(),
        "created": now(),
        "figures": figures,
    }
    write_manifest(out / "manifest.json", manifest)
    return figures


def run_predict(
    examples: Path, out: Path, *, model: str, subtasks: Sequence[str], own_state: bool
) -> dict[str, int]:
    """Answer the examples of ``subtasks`` and write the outputs; ``copy`` is the baseline."""
    chosen = [example for example in read_examples(examples) if example.subtask in subtasks]
    if not chosen:
        raise MissingInputError(
            f"no example of {', '.join(subtasks)}", where=str(examples), remedy="check --subtasks"
        )
    answer = copy_state if model == COPY else Seq2Seq.load(model)
    outputs = predict(chosen, answer, own_state=own_state)
    write_outputs(out, outputs)
    return {"outputs": len(outputs)}


def run_score(
    outputs: Path, gold: Path, *, lang: str, kb: Path | None = None, kb_key: str = "name"
) -> dict[str, Any]:
    """Score outputs against the targets of gold examples; see ``score_outputs``.

    Rows of ``kb`` that conflict with an earlier one are counted and left out.
    """
    base = None
    if kb is not None:
        base, rejects = read_kb(kb, key=kb_key)
        if rejects:
            first = rejects[0]
            log.warning(
                "%d rows left out (the first: %s:%s: %s)",
                len(rejects),
                first.source,
                first.line,
                first.reason,
            )
    scores = score_outputs(read_outputs(outputs), list(read_examples(gold)), lang=lang, kb=base)
    if kb is not None:
        scores["kb"] = {"rejected": len(rejects), "repeats": base.repeats if base else 0}
    return scores


def run_score_values(
    localised: str,
    gold: str,
    *,
    lang: str,
    format: str | None = None,
    slots: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Score the value maps of localised dialogues against gold ones; see ``score_values``."""
    mapped = (one for one in read_documents(localised, lang=lang) if isinstance(one, Document))
    truth = (
        renamed(one, slots=slots or {}, values=values or {})
        for one in read_documents(gold, lang=lang, format=format)
        if isinstance(one, Document)
    )
    return score_values(mapped, truth)
