import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predawn import InvalidId
from predawn.keys import MAX_ID_BYTES, SCENES, Place, VersionKeys, catalog, check_version, day_of, escape

ID = st.text(st.sampled_from("ab:u{}% \n\x00é中🎈"), min_size=1, max_size=8) | st.text(min_size=1, max_size=40)


def all_keys(scene: str, user: str) -> list[str]:
    place = Place(scene)
    keys = VersionKeys(place, "2017-12-01.a")
    return [SCENES, catalog(place), keys.popular, keys.manifest, keys.items, keys.index(0), keys.user(user)]


@given(ID, ID)
def test_keys_are_printable_and_hold_no_hash_tag(scene: str, user: str) -> None:
    for key in all_keys(scene, user):
        assert re.fullmatch(r"[A-Za-z0-9._~%:@-]+", key)


@given(ID, ID, ID, ID)
def test_keys_are_unambiguous(scene: str, user: str, other_scene: str, other_user: str) -> None:
    one, other = all_keys(scene, user), all_keys(other_scene, other_user)
    assert len(set(one)) == len(one)
    assert (one[-1] == other[-1]) == ((scene, user) == (other_scene, other_user))
    if scene != other_scene:
        assert set(one) & set(other) == {SCENES}


def test_the_documented_layout() -> None:
    keys = VersionKeys(Place("groceries"), "2017-12-01.1a2b3c4d")
    assert keys.user("a:{b} é") == "predawn:groceries:2017-12-01.1a2b3c4d:u:a%3A%7Bb%7D%20%C3%A9"
    assert keys.popular == "predawn:groceries:2017-12-01.1a2b3c4d:popular"
    assert catalog(Place("groceries")) == "predawn:groceries:catalog"
    assert day_of(keys.version) == "2017-12-01"


@pytest.mark.parametrize("bad", ["", "x" * (MAX_ID_BYTES + 1), "é" * MAX_ID_BYTES, "\udfff"])
def test_ids_that_cannot_be_stored(bad: str) -> None:
    with pytest.raises(InvalidId):
        escape(bad)


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("2017-12-01", "2017-12-01"),
        ("2017-12-02.a", "2017-12-01"),
        ("2017-12-01.a:b", "2017-12-01"),
        ("2017-12-01.a\n", "2017-12-01"),
        ("2017-02-30.a", "2017-02-30"),
        ("20171201.a", "20171201"),
        ("", ""),
    ],
)
def test_versions_that_are_refused(version: str, day: str) -> None:
    with pytest.raises(InvalidId):
        check_version(version, day)


def test_a_version_of_its_day() -> None:
    check_version("2016-02-29.1a2b3c4d", "2016-02-29")


@given(ID, ID | st.none())
def test_a_place_can_be_read_from_its_keys(scene: str, variant: str | None) -> None:
    assert Place.parse(Place(scene, variant).segment) == Place(scene, variant)


def test_a_variant_has_keys_of_its_own() -> None:
    place = Place("groceries", "b@c")
    assert catalog(place) == "predawn:groceries@b%40c:catalog"
    assert (
        VersionKeys(place, "2017-12-01.a").of("similar", "a b") == "predawn:groceries@b%40c:2017-12-01.a:similar:a%20b"
    )
