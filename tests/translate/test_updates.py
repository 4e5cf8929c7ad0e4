"""What a model is like while it trains."""

import pytest
from transformers import BertModel

from encoders import small_bert
from labelproj.translate import updates


@pytest.mark.parametrize(("half", "inside"), [(True, "eager"), (False, "sdpa")])
def test_attention_is_plain_while_a_model_trains_in_bfloat16(
    half: bool, inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "half_helps", lambda model: half)
    model = BertModel(small_bert()).eval()
    with pytest.raises(ZeroDivisionError), updates.training_mode(model) as found:
        assert (found, model.training) == (half, True)
        assert model.config._attn_implementation == inside
        raise ZeroDivisionError
    assert model.config._attn_implementation == "sdpa"
