"""A small shop in Redis: two versions of the scene `groceries`, a variant of it, and awkward ids."""

from __future__ import annotations

from predawn import Products, Publication, Publisher, Reason
from predawn.connection import Client

SCENE = "groceries"
BEFORE, LIVE = "2017-12-01.a", "2017-12-02.a"
NAMES = {
    "1": "Whole milk, 1 gal",
    "2": "Mainstream white bread, 20 oz",
    "3": "Bananas",
    "4": "Coffee beans, dark roast, 2 lb",
    "5": "Snack cake, multi pack",
    "6": "Pasta sauce, basil",
    "7": "Spaghetti",
    "8": "Parmesan",
    "9": "Sparkling water, 12 cans",
    "a/b c": "Olives & feta <mixed>",
}
ITEMS = list(NAMES)
USERS = ["612", "1364", "a/b c", "x'y:é 中"]

_FIRST = {"612": ["1", "2", "3", "4", "5", "6"], "1364": ["7", "6", "8"], "a/b c": ["1"], "x'y:é 中": ["2", "1"]}
_SECOND = {**_FIRST, "612": ["1", "3", "7", "2", "a/b c", "4"]}
_FIRST_WHY = {
    "612": [Reason(0.81, "buy_again"), Reason(0.74, "buy_again"), Reason(0.5, "als"), Reason(0.42, "popular"),
            Reason(0.3, "item_cf", "3"), Reason(0.21, "item_cf", "7")],
}  # fmt: skip
_SECOND_WHY = {
    "612": [Reason(0.83, "buy_again"), Reason(0.77, "item_cf", "1"), Reason(0.61, "item_cf", "6"),
            Reason(0.52, "buy_again"), Reason(0.33, "item_cf", "7")],
}  # fmt: skip


def publish_shop(client: Client) -> Publication:
    """The live publication; earlier ones are there to compare with."""
    products = [_products(_FIRST, _FIRST_WHY, ["9", "1", "2"]), _products(_SECOND, _SECOND_WHY, ["1", "9", "3", "2"])]
    Publisher(client, SCENE).publish(BEFORE[:10], BEFORE, products[0])
    live = Publisher(client, SCENE).publish(LIVE[:10], LIVE, products[1])
    variant = _products({"612": ["8", "7"]}, {}, ["8"])
    Publisher(client, SCENE, variant="bold").publish(LIVE[:10], LIVE, variant)
    return live


def _products(lists: dict[str, list[str]], why: dict[str, list[Reason]], popular: list[str]) -> Products:
    return Products(
        lists=lists.items(),
        popular=popular,
        segments=[("age=25-34", ["4", "9"])],
        similar=[("7", ["6", "8", "2"]), ("a/b c", ["8"])],
        together=[("7", ["8", "6"])],
        why=why.items(),
        features=[
            (item, {"name": name, "category": "food", "price": 1.99}) for item, name in NAMES.items() if item != "9"
        ],
        history=[
            (
                "612",
                [
                    {"item": "7", "day": "2017-12-02", "count": 2},
                    {"item": "6", "day": "2017-12-01", "count": 1},
                    {"item": "9", "day": "2017-11-28", "count": 1},
                ],
            )
        ],
        items=ITEMS,
    )
