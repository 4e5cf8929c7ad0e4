"""Exact and rough matrix products."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from labelproj.project.constrained.kernels import BLOCK, Linears, padded_rows


@pytest.fixture
def layer() -> torch.nn.Linear:
    torch.manual_seed(3)
    return torch.nn.Linear(24, 40)


@pytest.mark.parametrize("rows", [1, 7, 8, 100, BLOCK])
def test_products_are_those_of_pytorch(layer: torch.nn.Linear, rows: int) -> None:
    x = torch.randn(2, rows, 24)
    with torch.inference_mode():
        expected = layer(x)
        linears = Linears(layer, rough=True)
        assert torch.allclose(layer(x), expected, atol=1e-5)
        with linears.roughly():
            found = layer(x)
        assert found.dtype == torch.float32
        assert torch.allclose(found, expected, atol=0.05)
        assert not torch.allclose(found, expected, atol=1e-5)
        assert torch.allclose(layer(x), expected, atol=1e-5)


def test_rough_is_for_one_thread_and_only_where_wanted(layer: torch.nn.Linear) -> None:
    x = torch.randn(3, 24)
    with torch.inference_mode():
        expected = layer(x)
        linears = Linears(layer, rough=True)
        with linears.roughly(), ThreadPoolExecutor(1) as pool:
            other = pool.submit(torch.inference_mode()(layer), x).result()
        assert torch.allclose(other, expected, atol=1e-5)
    plain = torch.nn.Linear(24, 40)
    with torch.inference_mode():
        expected = plain(x)
        with Linears(plain, rough=False).roughly():
            assert torch.allclose(plain(x), expected, atol=1e-5)


@given(st.integers(0, 20_000))
def test_rows_are_padded_little_and_to_few_numbers(count: int) -> None:
    padded = padded_rows(count)
    assert count <= padded <= max(count + 7, 1.125 * count)
    assert padded_rows(padded) == padded


def test_few_numbers() -> None:
    assert len({padded_rows(count) for count in range(1, BLOCK + 1)}) <= 48
