"""Which variant a user is given: a stable hash of layer and user, in whole buckets, that any language can compute.

    point(text)     the first 8 hexadecimal digits of SHA-256 over the UTF-8 of `text`, as a number, modulo 10,000
    in at all       point("<layer>\\n<user>\\ntraffic") < traffic x 10,000
    variant         slot, within = divmod(point("<layer>\\n<user>") x K, 10,000), for the K variants besides the control
                    in the order of their names; variant number `slot` if within < its share x K x 10,000, else control

Layers are independent, since the layer is hashed with the user: a new layer name is a new shuffle. Every variant owns
a slot of the buckets of its own and fills it from below, so a share or the traffic that grows adds users to a variant
and takes none from another; what the slots leave over is the control's.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BUCKETS = 10_000
HEX_DIGITS = 8  # 32 bits, which every language holds exactly; modulo 10,000 they are even to two in a million
CONTROL = "control"
TRAFFIC = "traffic"

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


def point(text: str) -> int:
    """A number in 0..9,999, the same for the same text everywhere and for ever.

    A lone surrogate, which no UTF-8 can hold, counts as a question mark: a reader must not fail for a broken id.
    """
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return int(digest[:HEX_DIGITS], 16) % BUCKETS


def check_names(variants: Iterable[str]) -> None:
    """Raises ValueError for a variant's name that couldn't stand in a key, or that means something else."""
    for name in variants:
        if not _NAME.fullmatch(name):
            raise ValueError(f"variant {name!r}: a name is 1 to 32 of a-z, 0-9, _ and -, a letter first.")
        if name == CONTROL:
            raise ValueError(f"variant {CONTROL!r} stands for the scene's own lists: choose another name.")


@dataclass(frozen=True)
class Experiment:
    """One comparison on one scene. layer: salts the hash. variants: name -> share of the users who take part, besides
    the control, which is the scene's own lists and takes what is left. traffic: share of all users who take part.

    Shares and traffic are whole ten-thousandths; K variants may have up to 1 / K each. Raises ValueError, naming what
    is wrong and what would be right.
    """

    layer: str
    scene: str
    variants: Mapping[str, float] = field(default_factory=dict)
    traffic: float = 1.0

    def __post_init__(self) -> None:
        for what, name in (("layer", self.layer), ("scene", self.scene)):
            if not name or "\n" in name:
                raise ValueError(f"experiment {self.layer!r}: {what} {name!r} needs a name on one line.")
        check_names(self.variants)
        if not self.variants:
            raise ValueError(
                f"experiment {self.layer!r} has no variant besides the {CONTROL}: name one with its share."
            )
        _buckets(self.traffic, f"experiment {self.layer!r}: traffic", BUCKETS)
        for name, share in self.variants.items():
            _buckets(share, f"experiment {self.layer!r}: the share of variant {name!r}", BUCKETS // len(self.variants))

    @property
    def names(self) -> list[str]:
        """The variants besides the control, in the order of their slots."""
        return sorted(self.variants)

    def variant(self, user: str) -> str | None:
        """The user's variant, or the control; null for a user who takes no part and gets the scene's own lists."""
        if point(f"{self.layer}\n{user}\n{TRAFFIC}") >= round(self.traffic * BUCKETS):
            return None
        names = self.names
        slot, within = divmod(point(f"{self.layer}\n{user}") * len(names), BUCKETS)
        taken = round(self.variants[names[slot]] * BUCKETS) * len(names)
        return names[slot] if within < taken else CONTROL

    def shares(self) -> dict[str, float]:
        """Variant, the control first -> its exact share of the users who take part."""
        buckets = {name: round(self.variants[name] * BUCKETS) for name in self.names}
        return {name: n / BUCKETS for name, n in {CONTROL: BUCKETS - sum(buckets.values()), **buckets}.items()}

    def to_json(self) -> str:
        """As it stands in Redis beside the scene: shares and traffic in buckets, so that no reader rounds."""
        shares = {name: round(self.variants[name] * BUCKETS) for name in self.names}
        fields = {
            "buckets": BUCKETS,
            "layer": self.layer,
            "scene": self.scene,
            "traffic": round(self.traffic * BUCKETS),
            "variants": shares,
        }
        return json.dumps(fields, ensure_ascii=True, sort_keys=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Experiment:
        """Raises ValueError for anything that `to_json` doesn't write."""
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields["buckets"] != BUCKETS:
                raise ValueError(f"{fields['buckets']} buckets instead of {BUCKETS}")
            shares = {str(name): int(buckets) / BUCKETS for name, buckets in fields["variants"].items()}
            return cls(str(fields["layer"]), str(fields["scene"]), shares, int(fields["traffic"]) / BUCKETS)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"no experiment: {error}.") from error


def _buckets(share: float, what: str, most: int) -> int:
    buckets = share * BUCKETS
    # The comparison also refuses what is not a number.
    if not 0 <= buckets <= most + 1e-6 or abs(buckets - round(buckets)) > 1e-6:
        raise ValueError(f"{what} is {share}: give a multiple of {1 / BUCKETS} from 0 to {most / BUCKETS}.")
    return round(buckets)
