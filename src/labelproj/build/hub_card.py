"""What the card of any projected dataset tells the Hub, and the libraries that write cards."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelproj.errors import DependencyError

__all__ = ["MT_KEYS", "HubConfig", "hub_card_data"]

#: What is said of the MT model, where its note (mt.json) has it.
MT_KEYS = ("model", "source", "revision", "licence", "family", "quantization", "digest")
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class HubConfig:
    """One config: its ``datasets.Features``, and (bytes, rows) of each split."""

    features: Any
    splits: Mapping[str, tuple[int, int]]


def hub_card_data(configs: Mapping[str, HubConfig], *, rows: int, **fields: Any) -> Any:
    """Return the ``DatasetCardData`` of ``configs``, by their names; the first is the default.

    ``rows`` is the number of rows that counts for the dataset's size, and ``fields`` what the
    card says besides. Raises DependencyError without ``datasets``.
    """
    try:
        from datasets import DatasetInfo, SplitDict, SplitInfo
        from datasets.info import DatasetInfosDict
        from huggingface_hub import DatasetCardData
    except ImportError as error:
        raise DependencyError(
            "writing a dataset card needs the datasets package",
            remedy="pip install 'labelproj[data]'",
        ) from error
    default = next(iter(configs))
    data = DatasetCardData(
        annotations_creators=["machine-generated"],
        language_creators=["machine-generated"],
        multilinguality=["translation"],
        size_categories=[next((name for top, name in _SIZES if rows < top), "n>1M")],
        tags=["label-projection", "labelproj"],
        configs=[
            {"config_name": name}
            | ({"default": True} if name == default else {})
            | {
                "data_files": [
                    {"split": split, "path": f"data/{name}/{split}-*"} for split in config.splits
                ]
            }
            for name, config in configs.items()
        ],
        **fields,
    )
    infos = {}
    for name, config in configs.items():
        splits = SplitDict()
        for split, (size, number) in config.splits.items():
            splits.add(SplitInfo(split, num_bytes=size, num_examples=number))
        total = sum(size for size, _ in config.splits.values())
        infos[name] = DatasetInfo(features=config.features, splits=splits, dataset_size=total)
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return data
