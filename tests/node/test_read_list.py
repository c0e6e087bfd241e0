"""A program in another language reads the lists by following docs/format.md alone."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.predawn.http.shop import LIVE, NAMES, SCENE, USERS, publish_shop

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / "var" / "node"
SCRIPT = "read_list.mjs"
INSTALL_SECONDS = 300
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT")


@pytest.fixture(scope="module")
def folder() -> Path:
    """Where the script and what it needs are, below var/; installed once for each lock."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on the PATH: install Node.js 18 or later")
    lock = (HERE / "package-lock.json").read_bytes()
    target = INSTALLED / hashlib.blake2b(lock, digest_size=8).hexdigest()
    if not (target / "installed").exists():
        target.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, target)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=target, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS)
        if done.returncode and any(word in done.stderr for word in OFFLINE):
            pytest.skip("npm reaches no registry: the package `redis` can't be installed")
        assert done.returncode == 0, done.stderr
        (target / "installed").touch()
    shutil.copy(HERE / SCRIPT, target)
    return target


@pytest.fixture
def shop(redis_client: redis.Redis, redis_server: str) -> str:
    publish_shop(redis_client)
    return redis_server


def node(folder: Path, *arguments: str) -> Any:
    command = ["node", SCRIPT, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_users_list_and_its_reasons(folder: Path, shop: str) -> None:
    answer = node(folder, shop, SCENE, "user", "612")
    assert (answer["tier"], answer["version"]) == ("user", LIVE)
    assert answer["items"] == ["1", "3", "7", "2", "a/b c", "4"]
    assert answer["reasons"][:2] == [
        {"score": 0.83, "channel": "buy_again", "evidence": None},
        {"score": 0.77, "channel": "item_cf", "evidence": "1"},
    ]


@pytest.mark.parametrize(("user", "items"), [(USERS[2], ["1"]), (USERS[3], ["2", "1"])])
def test_awkward_ids(folder: Path, shop: str, user: str, items: list[str]) -> None:
    assert node(folder, shop, SCENE, "user", user)["items"] == items


def test_falling_back(folder: Path, shop: str) -> None:
    assert node(folder, shop, SCENE, "user", "nobody") == {
        "version": LIVE,
        "tier": "popular",
        "items": ["1", "9", "3", "2"],
    }
    answer = node(folder, shop, SCENE, "user", "nobody", "age=25-34")
    assert (answer["tier"], answer["items"]) == ("segment", ["4", "9"])


def test_items(folder: Path, shop: str) -> None:
    assert node(folder, shop, SCENE, "similar", "7")["items"] == ["6", "8", "2"]
    assert node(folder, shop, SCENE, "together", "7")["items"] == ["8", "6"]
    assert node(folder, shop, SCENE, "item", "a/b c")["item"]["name"] == NAMES["a/b c"]


def test_a_variant(folder: Path, shop: str) -> None:
    assert node(folder, shop, f"{SCENE}@bold", "user", "612")["items"] == ["8", "7"]


def test_a_large_dictionary_of_awkward_items(folder: Path, redis_client: redis.Redis, redis_server: str) -> None:
    from predawn import Products, Publisher

    items = [f"{number},%é +'" for number in range(4000)]
    ranked = [items[number] for number in (0, 61, 62, 999, 1000, 3843, 3844, 3999)]
    products = Products(lists=[("1", ranked)], popular=items[:1], items=items)
    Publisher(redis_client, "a:b").publish("2017-12-02", LIVE, products)
    assert node(folder, redis_server, "a:b", "user", "1")["items"] == ranked
