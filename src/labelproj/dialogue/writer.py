"""Writing localised dialogues: examples kept and rejected, value map, rows; and their counts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from labelproj.dialogue.corpus import DialogueUnits
from labelproj.dialogue.examples import SUBTASKS, examples_of
from labelproj.dialogue.kb import KnowledgeBase
from labelproj.dialogue.localise import localise, with_canonical_words
from labelproj.dialogue.schema import dialogue_of
from labelproj.dialogue.values import METHODS, Lexicon, Mapped, ValueMap
from labelproj.dialogue.verdicts import judge_example
from labelproj.formats.jsonl import document_record
from labelproj.formats.lines import open_output
from labelproj.records import Document

__all__ = ["LocalisedWriter"]


class LocalisedWriter:
    """Writes what comes of each dialogue, and counts."""

    def __init__(self, out: Path, *, slots: Sequence[str] | None, kb: KnowledgeBase):
        self.dialogues = 0
        self._out = out
        self._slots = None if slots is None else frozenset(slots)
        self._kb = kb
        self._examples: Counter[tuple[str, bool]] = Counter()
        self._reasons: Counter[str] = Counter()
        self._values: Counter[Mapped] = Counter()
        self._state: Counter[str] = Counter()
        self._surfaces = Lexicon()
        self._stack = ExitStack()
        self._files: dict[str, TextIO] = {}

    def __enter__(self) -> "LocalisedWriter":
        with ExitStack() as stack:
            for name in ("dialogues", "examples", "rejected"):
                self._files[name] = stack.enter_context(open_output(self._out / f"{name}.jsonl"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.__exit__(*error)  # type: ignore[arg-type]
        if error[0] is None:
            self._write_values()
            with open_output(self._out / "kb.jsonl") as stream:
                stream.writelines(f"{line}\n" for line in self._kb.lines())

    def add(
        self, document: Document, said: DialogueUnits, values: ValueMap, *, canonical_words: bool
    ) -> None:
        """Localise one dialogue and judge its examples."""
        source = dialogue_of(document)
        local = localise(document, values)
        if canonical_words:
            local = with_canonical_words(local)
        found = {(one.slot, one.source): one for one in values.entries()}
        unmapped = frozenset(key for key, one in found.items() if not one.known)
        dialogue = dialogue_of(local)
        for example in examples_of(local, dialogue):
            reasons = judge_example(
                example,
                local,
                source,
                rejected=said.rejected,
                unmapped=unmapped,
                slots=self._slots,
            )
            self._examples[example.subtask, not reasons] += 1
            self._reasons.update({f"{example.subtask}: {r.partition(' = ')[0]}" for r in reasons})
            record = example.as_json() | ({"reasons": list(reasons)} if reasons else {})
            self._line("rejected" if reasons else "examples", record)
        for turn in source.turns:
            for one in turn.state:
                self._state.update(found[one.slot, value].method for value in one.values)
        for turn in dialogue.turns:
            for row in turn.rows:
                self._kb.add(row)
        for entry in values.entries():
            self._values[replace(entry, surfaces=())] += 1
            for surface in entry.surfaces:
                self._surfaces.add(entry.slot, entry.source, surface, 1.0)
        self.dialogues += 1
        self._line("dialogues", document_record(local))

    def counts(self) -> dict[str, object]:
        """Return the numbers for the manifest; in = kept + rejected for every subtask."""
        examples = self._examples
        return {
            "examples": {
                name: {
                    "in": examples[name, True] + examples[name, False],
                    "kept": examples[name, True],
                    "rejected": examples[name, False],
                }
                for name in SUBTASKS
            },
            "reasons": dict(sorted(self._reasons.items())),
            "state_values": {name: self._state[name] for name in METHODS if self._state[name]},
            "kb": {
                "rows": sum(map(len, self._kb.rows.values())),
                "repeats": self._kb.repeats,
                "duplicate_keys": len(self._kb.conflicts),
            },
        }

    def _write_values(self) -> None:
        order = sorted(self._values, key=lambda m: (m.slot, m.source, m.target, m.method))
        with open_output(self._out / "values.jsonl") as stream:
            for one in order:
                forms = self._surfaces.surfaces(one.slot, one.source) if one.known else {}
                value = {
                    "slot": one.slot,
                    "source": one.source,
                    "target": one.target,
                    "method": one.method,
                    "dialogues": self._values[one],
                    "surfaces": dict(sorted(forms.items(), key=lambda pair: (-pair[1], pair[0]))),
                }
                stream.write(json.dumps(value, ensure_ascii=False) + "\n")

    def _line(self, name: str, value: Mapping[str, object]) -> None:
        self._files[name].write(json.dumps(value, ensure_ascii=False) + "\n")
