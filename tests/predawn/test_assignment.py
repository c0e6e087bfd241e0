"""The laws of assignment: stable for ever, independent between layers, ramps that only add users."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predawn.assignment import BUCKETS, CONTROL, Experiment, point

USERS = [f"u{n:06d}" for n in range(10_000)]
STEPS = st.integers(0, BUCKETS)
NAMES = ["b", "c", "d"]
FAR = 4.5  # standard deviations that ten thousand users may stray from a share

# What docs/experiments.md says, in another language and without our code.
NODE = """
const {createHash} = require('crypto');
const point = t => parseInt(createHash('sha256').update(t, 'utf8').digest('hex').slice(0, 8), 16) % 10000;
const e = JSON.parse(process.argv[1]), names = Object.keys(e.variants).sort(), k = names.length;
for (const user of JSON.parse(process.argv[2])) {
  if (point(`${e.layer}\\n${user}\\ntraffic`) >= e.traffic) { console.log('-'); continue; }
  const x = point(`${e.layer}\\n${user}`) * k, slot = Math.floor(x / 10000);
  console.log(x % 10000 < e.variants[names[slot]] * k ? names[slot] : 'control');
}
"""


def experiment(layer: str = "lists-1", traffic: float = 1.0, **shares: float) -> Experiment:
    return Experiment(layer, "home", shares or {"b": 0.5}, traffic)


def near(count: int, total: int, share: float) -> bool:
    return abs(count - total * share) <= FAR * math.sqrt(total * share * (1 - share)) + 1e-9


def test_points_are_those_of_the_page_for_ever() -> None:
    assert [point(text) for text in ("", "lists-1\nu000001", "lists-1\nu000001\ntraffic", "Läden\né")] == [
        int(digest, 16) % 10_000 for digest in ("e3b0c442", "bbe60df0", "2bb104ff", "08e6efe6")
    ]


def test_a_language_that_knows_only_the_page_agrees() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on the PATH")
    chosen = Experiment("läden\t2", "home", {"b": 0.3, "c": 0.125, "z-9": 0.0007}, 0.7)
    users = [*USERS[:300], "é:{b} ü", "日本", "a" * 1024]
    done = subprocess.run(
        [node, "-e", NODE, chosen.to_json(), json.dumps(users)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [chosen.variant(user) or "-" for user in users]


def test_shares_are_met() -> None:
    chosen = experiment(b=0.2, c=0.05, traffic=0.6)
    count = Counter(chosen.variant(user) for user in USERS)
    inside = len(USERS) - count.pop(None)
    assert near(inside, len(USERS), 0.6)
    assert chosen.shares() == pytest.approx({CONTROL: 0.75, "b": 0.2, "c": 0.05})
    assert set(count) == set(chosen.shares())
    assert all(near(count[name], inside, share) for name, share in chosen.shares().items())


@pytest.mark.parametrize(("one", "two"), [("lists-1", "lists-2"), ("a", "b")])
def test_layers_are_independent(one: str, two: str) -> None:
    pairs = Counter((experiment(one).variant(user), experiment(two).variant(user)) for user in USERS)
    assert len(pairs) == 4 and all(near(count, len(USERS), 0.25) for count in pairs.values())


def test_who_takes_part_says_nothing_about_the_variant() -> None:
    half = experiment(traffic=0.5)
    count = Counter(half.variant(user) for user in USERS if half.variant(user))
    assert near(count["b"], count.total(), 0.5)


@given(
    user=st.text(st.characters(exclude_characters="\n")),
    before=st.lists(STEPS, min_size=1, max_size=3),
    more=st.lists(STEPS, min_size=4, max_size=4),
    traffic=STEPS,
)
def test_a_ramp_only_adds_users(user: str, before: list[int], more: list[int], traffic: int) -> None:
    """Shares and traffic that grow move nobody but from outside in, or from the control to a variant."""
    most = BUCKETS // len(before)
    small = dict(zip(NAMES, (share * most // BUCKETS for share in before), strict=False))
    large = {name: share + (most - share) * more[n] // BUCKETS for n, (name, share) in enumerate(small.items())}
    wider = traffic + (BUCKETS - traffic) * more[3] // BUCKETS
    first, then = (
        Experiment("layer", "home", {name: share / BUCKETS for name, share in shares.items()}, part / BUCKETS).variant(
            user
        )
        for shares, part in ((small, traffic), (large, wider))
    )
    assert first is None or then == first or (first == CONTROL and then is not None)
    if large == small:
        assert first is None or then == first


def test_a_slot_holds_as_many_buckets_as_the_share_says() -> None:
    chosen, at = experiment(b=0.3333, c=0.1, d=0.0001), Counter[str | None]()
    with pytest.MonkeyPatch.context() as patch:
        for bucket in range(BUCKETS):
            patch.setattr(
                "predawn.assignment.point", lambda text, bucket=bucket: bucket if "traffic" not in text else 0
            )
            at[chosen.variant("u")] += 1
    assert at == {name: round(share * BUCKETS) for name, share in chosen.shares().items()}


@given(st.dictionaries(st.sampled_from(NAMES), STEPS.map(lambda n: n // 3), min_size=1), STEPS)
def test_an_experiment_is_the_same_after_a_trip_through_redis(shares: dict[str, int], traffic: int) -> None:
    sent = Experiment("läden", "home", {name: n / BUCKETS for name, n in shares.items()}, traffic / BUCKETS)
    back = Experiment.from_json(sent.to_json().encode())
    assert back == sent
    assert math.isclose(sum(sent.shares().values()), 1) and all(
        math.isclose(sent.shares()[name], n / BUCKETS, abs_tol=1 / BUCKETS) for name, n in shares.items()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"variants": {}}, "no variant besides the control"),
        ({"variants": {CONTROL: 0.5}}, "stands for the scene's own lists"),
        ({"variants": {"B 2": 0.5}}, "variant 'B 2': a name is"),
        ({"variants": {"b": 0.6, "c": 0.1}}, "share of variant 'b' is 0.6: give a multiple of 0.0001 from 0 to 0.5"),
        ({"variants": {"b": 0.00005}}, "multiple of 0.0001"),
        ({"variants": {"b": float("nan")}}, "share of variant 'b' is nan"),
        ({"traffic": 1.5}, "traffic is 1.5"),
        ({"traffic": -0.1}, "traffic is -0.1"),
        ({"layer": "a\nb"}, "needs a name on one line"),
        ({"scene": ""}, "needs a name"),
    ],
)
def test_a_wrong_experiment_says_what_would_be_right(arguments: dict[str, object], message: str) -> None:
    given_ = {"layer": "l", "scene": "home", "variants": {"b": 0.5}, **arguments}
    with pytest.raises(ValueError, match=message):
        Experiment(**given_)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"buckets": 100}', "\xff", '{"buckets": 10000, "layer": 1}'])
def test_foreign_bytes_are_no_experiment(text: str) -> None:
    with pytest.raises(ValueError, match="no experiment"):
        Experiment.from_json(text.encode("latin-1"))


def test_an_id_that_is_no_text_is_given_a_variant_all_the_same() -> None:
    assert experiment().variant("\ud800") in ("b", CONTROL)
