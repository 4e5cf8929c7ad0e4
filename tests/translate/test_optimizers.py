"""Which parameters Muon updates, and where it is taken."""

import pytest
from transformers import (
    BertForTokenClassification,
    T5Config,
    T5ForConditionalGeneration,
)

from encoders import small_bert
from labelproj.translate import optimizers
from labelproj.translate.optimizers import MUON_RATE, open_optimizers, pick_optimizer


def model() -> BertForTokenClassification:
    return BertForTokenClassification(small_bert())


def test_muon_is_for_the_matrices_inside() -> None:
    tagger = model()
    tagger.bert.encoder.layer[0].output.dense.weight.requires_grad = False
    muon, adamw = open_optimizers(tagger, "muon", rate=0.1)
    names = {id(value): name for name, value in tagger.named_parameters()}
    own = {names[id(one)] for group in muon.param_groups for one in group["params"]}
    rest = {names[id(one)] for group in adamw.param_groups for one in group["params"]}
    inside = "bert.encoder.layer.0."
    assert own == {
        *(f"{inside}attention.self.{one}.weight" for one in ("query", "key", "value")),
        f"{inside}attention.output.dense.weight",
        f"{inside}intermediate.dense.weight",
    }
    assert {"classifier.weight", "bert.embeddings.word_embeddings.weight"} <= rest
    assert own | rest == set(names.values()) - {f"{inside}output.dense.weight"}
    assert not own & rest
    assert (muon.defaults["lr"], adamw.defaults["lr"]) == (MUON_RATE * 0.1, 0.1)
    assert len(open_optimizers(tagger, "adamw", rate=0.1)) == 1


def test_muon_is_not_for_output_layers() -> None:
    config = T5Config(vocab_size=8, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    writer = T5ForConditionalGeneration(config)
    muon, adamw = open_optimizers(writer, "muon", rate=0.1)
    own = {id(one) for group in muon.param_groups for one in group["params"]}
    assert id(writer.lm_head.weight) not in own
    assert id(writer.encoder.block[0].layer[0].SelfAttention.q.weight) in own
    assert sum(len(group["params"]) for one in (muon, adamw) for group in one.param_groups) == len(
        list(writer.parameters())
    )


@pytest.mark.parametrize(("half", "expected"), [(True, "muon"), (False, "adamw")])
def test_auto_is_muon_where_bfloat16_is_fast(
    half: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizers, "half_helps", lambda model: half)
    assert pick_optimizer(model(), "auto") == expected
    assert pick_optimizer(model(), "adamw") == "adamw"
