"""``labelproj release build --model``: a trained system as a folder for the Hub, with a card."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import regex

from labelproj._version import __version__
from labelproj.build.markdown import table_text
from labelproj.config import Config, load_config
from labelproj.errors import DependencyError, LabelprojError, MissingInputError, UsageError
from labelproj.languages import language_name
from labelproj.layout import Layout
from labelproj.provenance import now, versions
from labelproj.release.card import licence_fields, licence_text, score_lines
from labelproj.release.folder import (
    LOCAL,
    check_version,
    replace_release,
    write_card,
    write_facts,
)
from labelproj.release.licences import Decision, decide_licence
from labelproj.release.sources import public
from labelproj.shards import read_json, read_manifest, write_manifest
from labelproj.train import CARD as NOTE
from labelproj.train import load_model
from labelproj.train.base import Reader, Writer
from labelproj.train.systems import (
    TAUGHT_BY_PEOPLE,
    THERE_AND_BACK,
    TRANSLATED,
    scored_as,
    system_of,
)
from labelproj.train_params import OWN, PartParams

__all__ = ["build_model_release", "model_findings"]

_TEMPLATE = Path(__file__).with_name("model_card.md.j2")
#: What a repository's name on the Hub may not have.
_IN_NAMES = str.maketrans("+@", "--")
_TRAINED_ON = {
    "projected+source": "on the labelled source language and its translation, onto which the "
    "labels were projected",
    "multi-source": "on labelled texts of several sources (see the table below)",
    "projected+augmented": "on text that was translated and onto which the labels were projected, "
    "and on variants of it with words of the source language or other names",
    "few-shot": "on text that was translated and onto which the labels were projected, and on a "
    "few texts in this language that people labelled",
    "projected": "on text that was translated and onto which the labels were projected",
    "zero-shot": "on the labelled source language alone",
    "gold": "on text in this language that people labelled",
}
_MACHINE = (
    "Its training text is machine translation with projected labels: it has learnt their errors "
    "too."
)
_LIMITS = {
    "projected": _MACHINE,
    "projected+source": _MACHINE,
    "multi-source": "What is translated of its training text has the errors of machine translation "
    "and of projection.",
    "projected+augmented": _MACHINE,
    "few-shot": _MACHINE,
    "zero-shot": "It has seen no labelled text in this language.",
    "gold": "It is a baseline, as good as the people's labels are many.",
}
_USAGE = {
    "spacy": """\
# pip install labelproj  (its tokenizer is used)
import spacy
from huggingface_hub import snapshot_download

nlp = spacy.load(snapshot_download("path/to/this/folder"))
print([(entity.text, entity.label_) for entity in nlp("...").ents])""",
    "transformers": """\
from transformers import pipeline

tagger = pipeline("token-classification", "path/to/this/folder", aggregation_strategy="simple")
print(tagger("..."))""",
    "transformers-qa": """\
# pip install labelproj  (its windows and its margin for "no answer" are used)
from pathlib import Path

from huggingface_hub import snapshot_download

from labelproj.train import load_model

reader = load_model(Path(snapshot_download("path/to/this/folder")))
print(reader.read([("question", "context")]))""",
    "seq2seq": """\
# pip install labelproj  (`labelproj dialogue examples` writes the inputs that it reads)
from pathlib import Path

from labelproj.train import load_model

agent = load_model(Path("path/to/this/folder"))
print(agent.write(["dst <state> null <acts> null <user> ..."]))""",
}


#: Of each backend the library of its files, the Hub's name for what it does, and what it does.
_KINDS = {
    "spacy": (
        "spacy",
        "token-classification",
        "A tagger in {}: it finds {} and knows no other labels.",
    ),
    "transformers": (
        "transformers",
        "token-classification",
        "A tagger in {}: it finds {} and knows no other labels.",
    ),
    "transformers-qa": (
        "transformers",
        "question-answering",
        "A reader in {}: it finds the answer to a question in a text, or says that there is none.",
    ),
    "seq2seq": (
        "transformers",
        "text-generation",
        "An agent for dialogues in {}: it tracks states, calls, decides and replies.",
    ),
}


def build_model_release(
    system: str,
    *,
    out: Path,
    params: Path,
    version: str,
    task: str | None = None,
    tgt: str | None = None,
    name: str | None = None,
    licence: str | None = None,
    source_licence: str | None = None,
    mt_licence: str | None = None,
    gold_licence: str | None = None,
    model_licence: str | None = None,
    authors: Sequence[str] = (),
    url: str | None = None,
) -> dict[str, Any]:
    """Make a release of a trained system of a project folder; return its facts.

    ``system`` is one of the systems that the train stage trained for ``task`` and ``tgt`` (the
    first of params.yaml). The licence is the strictest of what it was trained on and of its
    encoder (``model_licence``). ``out`` appears whole or not at all. Raises MissingInputError,
    UsageError, CheckFailedError, StorageError and DependencyError.
    """
    version = check_version(version)
    config = load_config(params)
    task, tgt = task or config.tasks[0], tgt or config.languages.targets[0]
    layout = Layout.of(params.parent, config.outputs)
    folder = layout.models(task, tgt) / system
    if system_of(system) in THERE_AND_BACK:
        raise UsageError(
            f"{system!r} is no model of its own: it translates a text, and asks others",
            where=str(folder),
            remedy="release projected or zero-shot, which it asks",
        )
    if not (folder / NOTE).is_file():
        trained = sorted(path.parent.name for path in folder.parent.glob(f"*/{NOTE}"))
        raise MissingInputError(
            f"no trained system {system!r} for {task}-{tgt}",
            where=str(folder),
            remedy=f"one of {', '.join(trained)}" if trained else "run the train stage first",
        )
    note = read_json(folder / NOTE)
    manifest = read_json(folder.parent / "manifest.json")
    mt: dict[str, Any] = read_manifest(layout.mt(tgt) / "mt.json") or {}
    build = config.build
    inputs: dict[str, str | None] = {}
    if system_of(system) in TAUGHT_BY_PEOPLE:
        inputs["gold training data"] = gold_licence
    parts = _mixed(config, system)
    for number, part in enumerate(parts, start=1):
        if part.data not in OWN:
            inputs[f"training data {number} ({public(part.data)})"] = part.licence
    own = {part.data for part in parts} & set(OWN) if parts else set(OWN)
    if system_of(system) != "gold" and own:
        inputs[f"source data ({build.source_name})"] = source_licence or build.source_licence
    if system_of(system) in TRANSLATED and "projected" in own and mt:
        what = f"translation model ({public(mt.get('model') or 'unnamed')})"
        inputs[what] = mt_licence or mt.get("licence")
    encoder = None if note["backend"] == "spacy" else manifest["params"].get("model")
    if encoder:
        inputs[f"encoder ({public(config.train.model or encoder)})"] = model_licence
    decision = decide_licence(inputs, asked=licence or (build.licence if not encoder else None))
    metrics: dict[str, Any] = read_manifest(layout.evaluation(task, tgt) / "metrics.json") or {}
    score = (metrics.get("systems") or {}).get(scored_as(system))
    seeds = (score or {}).get("seeds", {})
    facts: dict[str, Any] = {
        "kind": "model",
        "format": 1,
        "name": name or f"{build.name}-{task}-{tgt}-{system.translate(_IN_NAMES)}",
        "version": version,
        "licence": {
            "licence": decision.licence,
            "strictest": decision.strictest,
            "compared": decision.compared,
            "inputs": dict(decision.inputs),
        },
        "task": task,
        "language": tgt,
        "source_language": config.languages.source,
        "system": system,
        "backend": note["backend"],
        "labels": note["labels"],
        "signature": note["signature"],
        # Of several seeds the model's own; intervals and tables are of all of them.
        "score": seeds.get(str(note.get("seed")), score.get("f1")) if score else None,
        "metrics": metrics.get("systems") or {},
        "encoder": public(config.train.model) if encoder else None,
        "params": public(manifest["params"]),
        "training": {
            key: value
            for key, value in manifest["systems"][system].items()
            if key not in ("seconds", "resumed")
        },
    }
    with replace_release(out) as partial:
        shutil.copytree(folder, partial, dirs_exist_ok=True)
        _scrub(partial / "config.json")
        write_card(partial, _card(facts, decision, authors=authors, url=url))
        facts = write_facts(partial, facts)
        write_manifest(
            partial / LOCAL,
            {"stage": "release", "versions": versions(), "created": now(), "counts": {}},
        )
    return facts


def _mixed(config: Config, system: str) -> tuple[PartParams, ...]:
    """Return the parts that a system was mixed of; none for any but ``multi-source``."""
    mix = config.train.mix if system_of(system) == "multi-source" else None
    return mix.parts if mix is not None else ()


def _scrub(path: Path) -> None:
    """Take the place of an encoder on this machine out of a transformers configuration."""
    content = read_manifest(path)
    if content and "_name_or_path" in content:
        content["_name_or_path"] = public(content["_name_or_path"])
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _card(
    facts: Mapping[str, Any], decision: Decision, *, authors: Sequence[str], url: str | None
) -> str:
    try:
        from huggingface_hub import EvalResult, ModelCard, ModelCardData
    except ImportError as error:
        raise DependencyError(
            "writing a model card needs huggingface_hub", remedy="pip install 'labelproj[data]'"
        ) from error
    language = language_name(facts["language"])
    library, category, purpose = _KINDS[facts["backend"]]
    results = None
    if facts["score"] is not None:
        own = facts["metrics"][scored_as(facts["system"])]
        # Of several seeds only the F1 is known of this very model.
        known = () if "seeds" in own else ("precision", "recall")
        values = {"f1": facts["score"]} | {name: own[name] for name in known if name in own}
        results = [
            EvalResult(
                task_type=category,
                dataset_type="gold",
                dataset_name=f"gold {language} test data",
                metric_type=metric,
                metric_value=value,
            )
            for metric, value in values.items()
        ]
    fields: dict[str, Any] = dict(licence_fields(decision))
    data = ModelCardData(
        language=facts["language"],
        library_name=library,
        pipeline_tag=category,
        tags=["label-projection", "labelproj"],
        base_model=facts["encoder"],
        model_name=facts["name"],
        eval_results=results,
        **fields,
    )
    params = {key: value for key, value in facts["params"].items() if value is not None}
    training = facts["training"]
    rows = [
        ("library", library),
        ("documents", f"{training['documents']} (for choosing: {training['dev_documents']})"),
        ("spans", training["spans"]),
        ("steps", f"{training['steps']}, kept: {training['best_step']}"),
        ("F1 on development data", training["dev_f1"]),
        ("parameters", "; ".join(f"{key} {value}" for key, value in sorted(params.items()))),
        ("made with", f"labelproj {__version__}"),
        ("signature", f"`{facts['signature']}`"),
    ]
    if facts["encoder"]:
        rows.insert(1, ("encoder", facts["encoder"]))
    scores = "Not measured."
    if facts["metrics"]:
        scores = "On gold test data, in percent, with bootstrap intervals:\n\n" + table_text(
            ("system", "F1", "from", "to", "precision", "recall"), score_lines(facts["metrics"])
        )
    system = facts["system"]
    card = ModelCard.from_template(
        data,
        template_path=str(_TEMPLATE),
        name=facts["name"],
        version=facts["version"],
        language=language,
        purpose=purpose.format(language, ", ".join(facts["labels"])),
        system=system,
        trained_on=_TRAINED_ON.get(system_of(system), "see below"),
        usage=_USAGE[facts["backend"]],
        made=table_text(("what", "value"), rows),
        scores=scores,
        limit=_LIMITS.get(system_of(system), "It makes mistakes."),
        licence_text=licence_text(decision, what="model"),
        key=regex.sub(r"\W+", "_", facts["name"].lower()).strip("_") or "model",
        authors=" and ".join(authors),
        url=url,
        tool=__version__,
    )
    return str(regex.sub(r"\n{3,}", "\n\n", str(card))).rstrip("\n") + "\n"


def model_findings(folder: Path, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a released model: it loads, and knows the labels it says."""
    try:
        model = load_model(folder)
        if isinstance(model, Reader):
            model.read([("A?", "A.")])
        elif isinstance(model, Writer):
            model.write(["A."])
        else:
            model.predict(["A."])
    except UsageError:
        raise
    except LabelprojError as error:
        yield NOTE, f"the model cannot be used: {error.message}"
        return
    if sorted(model.labels) != sorted(facts["labels"]):
        yield NOTE, f"the model knows {', '.join(model.labels)}, not what is declared"
