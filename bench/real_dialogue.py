"""Task-oriented dialogue on real data: WOZ 2.0 to German, Facebook's utterances to Spanish.

    python bench/real_dialogue.py --data DATA --mt MODEL --out DIR [--run values|tracking|slots]

DATA is a folder with `tod/woz2.{en,de}.{train,validate}.json.gz` and
`tod/fb_mtod.{en.train,es.train,es.valid}.txt.gz`; MODEL an English-Spanish model, for the slots.

- `values`: value maps of the validation dialogues with the gold German words as translations,
  against the gold German states; without an ontology, and with the German values of the training
  dialogues as lists (which value is which is not told).
- `tracking`: a state tracker trained on the localised training dialogues (lists as above), on the
  English ones (zero-shot) and on gold German ones; joint goals on German validation.
- `slots`: every tenth English utterance translated and projected, a tagger trained on it and on the
  baselines; slot F1 on Spanish validation.
"""

import argparse
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import yaml

from labelproj.config import PrepareParams, ProjectParams, TranslateParams
from labelproj.dialogue import dialogue_of
from labelproj.evaluate.value_maps import renamed
from labelproj.formats import read_documents, write_documents
from labelproj.pipeline import STAGES, run_stage
from labelproj.records import Document
from labelproj.results import collect_results
from labelproj.stages.agent import (
    run_examples,
    run_predict,
    run_score,
    run_score_values,
    run_train_agent,
)
from labelproj.stages.localise import run_localise
from labelproj.train.seq2seq import Seq2SeqParams

SLOTS = {"essen": "food", "gegend": "area", "preisklasse": "price range"}
VALUES = {"es ist egal": "dontcare"}
STEPS = 1500


def woz(data: Path, lang: str, split: str) -> str:
    """Return the path of a file of WOZ 2.0."""
    return str(data / "tod" / f"woz2.{lang}.{split}.json.gz")


def write_ontology(data: Path, out: Path) -> Path:
    """Write the values of the German training states, a list a slot."""
    found: dict[str, set[str]] = {}
    for one in read_documents(woz(data, "de", "train"), lang="de", format="woz2"):
        if isinstance(one, Document):
            for turn in dialogue_of(renamed(one, slots=SLOTS, values=VALUES)).turns:
                for constraint in turn.state:
                    found.setdefault(constraint.slot, set()).update(constraint.values)
    path = out / "ontology.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    lists = {slot: sorted(values - {"dontcare"}) for slot, values in found.items()}
    path.write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")
    return path


def localised(data: Path, out: Path, split: str, ontology: Path | None) -> Path:
    """Localise a split with the gold German words; return the folder."""
    run_localise(
        inputs=[woz(data, "en", split)],
        translations=woz(data, "de", split),
        out=out,
        src="en",
        tgt="de",
        format="woz2",
        ontology=ontology,
        prepare=PrepareParams(),
        translate=TranslateParams(),
        project=ProjectParams(),
    )
    return out


def values(data: Path, mt: str, out: Path) -> object:
    """Score value maps on the validation dialogues."""
    result = {}
    for name, ontology in (("none", None), ("lists", write_ontology(data, out))):
        folder = localised(data, out / f"validate-{name}", "validate", ontology)
        result[name] = run_score_values(
            str(folder / "dialogues.jsonl"),
            woz(data, "de", "validate"),
            lang="de",
            format="woz2",
            slots=SLOTS,
            values=VALUES,
        )
    return result


def tracking(data: Path, mt: str, out: Path) -> object:
    """Train state trackers and score them on German validation."""
    folder = localised(data, out / "train", "train", write_ontology(data, out))
    gold = out / "validate.de.jsonl"
    run_examples(
        woz(data, "de", "validate"), gold, lang="de", format="woz2", slots=SLOTS, values=VALUES
    )
    for lang in ("en", "de"):
        run_examples(
            woz(data, lang, "train"),
            out / f"train.{lang}.jsonl",
            lang=lang,
            format="woz2",
            slots=SLOTS,
            values=VALUES,
        )
    systems = {
        "copy": None,
        "zero-shot": out / "train.en.jsonl",
        "localised": folder / "examples.jsonl",
        "gold": out / "train.de.jsonl",
    }
    result = {}
    params = Seq2SeqParams(steps=STEPS, batch_tokens=2500)
    for name, examples in systems.items():
        model = "copy"
        if examples is not None:
            model = str(out / f"model-{name}")
            run_train_agent([examples], Path(model), params=params, subtasks=["dst"])
        outputs = out / f"outputs-{name}.jsonl"
        run_predict(gold, outputs, model=model, subtasks=["dst"], own_state=True)
        result[name] = run_score(outputs, gold, lang="de")["dst"]
    return result


def slots(data: Path, mt: str, out: Path) -> object:
    """Run the pipeline on every tenth English utterance."""
    folder = out / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    for name, every in (("en.train", 10), ("es.train", 1), ("es.valid", 1)):
        source = str(data / "tod" / f"fb_mtod.{name}.txt.gz")
        found = read_documents(source, lang=name[:2], format="mtod")
        chosen = (one for one in islice(found, 0, None, every) if isinstance(one, Document))
        write_documents(chosen, folder / f"{name}.jsonl")
    content = {
        "languages": {"source": "en", "targets": ["es"]},
        "mt": {"model": mt},
        "prepare": {"inputs": ["en.train.jsonl"]},
        "gold": {"es": {"train": "es.train.jsonl", "test": "es.valid.jsonl"}},
        "train": {"max_steps": 1000, "patience": 8},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    for stage in STAGES:
        task = "" if stage == "mt" else "ner"
        target = "" if stage == "prepare" else "es"
        run_stage(stage, params=folder / "params.yaml", task=task, target=target)
    return collect_results(folder / "params.yaml")


RUNS: dict[str, Callable[[Path, str, Path], object]] = {
    "values": values,
    "tracking": tracking,
    "slots": slots,
}


def main() -> None:
    """Run what is asked for and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--mt", default="")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--run", choices=sorted(RUNS), action="append")
    options = parser.parse_args()
    for run in options.run or RUNS:
        result = RUNS[run](options.data.resolve(), options.mt, options.out.resolve())
        print(json.dumps({"run": run, "result": result}, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
