"""What a model is like while it trains."""

import pytest
from transformers import BertConfig, BertModel

from labelproj.translate import updates


@pytest.mark.parametrize(("half", "inside"), [(True, "eager"), (False, "sdpa")])
def test_attention_is_plain_while_a_model_trains_in_bfloat16(
    half: bool, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "half_helps", lambda model: half)
    config = BertConfig(
        vocab_size=8,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
    )
    model = BertModel(config).eval()
    with pytest.raises(ZeroDivisionError), updates.training_mode(model) as found:
        assert (found, model.training) == (half, True)
        assert model.config._attn_implementation == inside
        raise ZeroDivisionError
    assert model.config._attn_implementation == "sdpa"
