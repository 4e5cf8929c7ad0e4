"""spaCy starts without PyTorch where it only cuts sentences, and only there."""

import subprocess
import sys

import pytest

from labelproj.cli.app import _only_cuts

CUT = """
import sys
from labelproj.spacy_start import spare_torch
from labelproj.text import sentences
spare_torch()
assert sentences("It rained. Nobody came.", "en") == [(0, 10), (11, 23)]
assert "spacy" in sys.modules and "torch" not in sys.modules
"""


def test_sentences_are_cut_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", CUT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("command", "spared"),
    [
        ("stage prepare --task ner", True),
        ("stage filter --tgt ha", True),
        ("project a.conll --src en --tgt ha --out b", True),
        ("project a.txt --from-predictions --model trf", False),
        ("stage train --tgt ha", False),
        ("stage evaluate --tgt ha", False),
        ("release check", False),
        ("", False),
    ],
)
def test_pipelines_made_elsewhere_may_need_it(command: str, spared: bool) -> None:
    assert _only_cuts(command.split()) is spared
