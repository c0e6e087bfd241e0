import pytest

from predawn.http.settings import ServeSettings, is_loopback, keys_from

KEY = "k" * 16


def test_several_keys_may_hold_at_once() -> None:
    assert keys_from({"KEYS": f" {KEY}1,{KEY}2 {KEY}3\n"}, "KEYS") == (f"{KEY}1", f"{KEY}2", f"{KEY}3")
    assert keys_from({}, None) == ()


@pytest.mark.parametrize(
    ("environment", "reason"),
    [({}, "no API key in KEYS"), ({"KEYS": " , "}, "no API key"), ({"KEYS": "short"}, "16 or more")],
)
def test_a_variable_without_a_good_key_never_opens_the_server(environment: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        keys_from(environment, "KEYS")
    assert "short" not in str(raised.value).replace("is short", "")


def test_keys_are_not_shown() -> None:
    assert KEY not in repr(ServeSettings(keys=(KEY,)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_age_days": 0},
        {"max_age_days": float("nan")},
        {"rate": -1},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"burst": -1},
        {"root_path": "x"},
        {"root_path": "/x/"},
    ],
)
def test_settings_that_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong)).replace("_", "-")):
        ServeSettings(**wrong)


@pytest.mark.parametrize(("rate", "burst", "capacity"), [(10, 0, 10), (0.1, 0, 1), (10, 3, 3)])
def test_how_much_may_come_at_once(rate: float, burst: int, capacity: float) -> None:
    assert ServeSettings(rate=rate, burst=burst).capacity == capacity


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("example.org", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) == loopback
