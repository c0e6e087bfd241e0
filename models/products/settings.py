"""The section [products] of the configuration."""

from __future__ import annotations

from pydantic import model_validator

from features.settings import Settings
from models.products import PRODUCTS
from models.products.history import HistoryConfig
from models.products.reasons import ReasonsConfig
from models.products.segments import SegmentsConfig
from models.products.similar import SimilarConfig
from models.products.together import TogetherConfig


class Products(Settings):
    """What is made and published beside the lists; the sections of products stand beside their algorithms."""

    enabled: tuple[str, ...]
    similar: SimilarConfig
    together: TogetherConfig
    segments: SegmentsConfig
    reasons: ReasonsConfig
    history: HistoryConfig

    @model_validator(mode="after")
    def _known(self) -> Products:
        if unknown := [name for name in self.enabled if name not in PRODUCTS]:
            raise ValueError(f"enabled names {', '.join(unknown)}, and there are {', '.join(PRODUCTS)}")
        if "reasons" in self.enabled and "similar" not in self.enabled:
            raise ValueError("reasons need similar items for their evidence: enable similar, too")
        return self
