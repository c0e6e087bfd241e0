"""The page, in a real browser, on lists from a real Redis."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import redis
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from predawn.http.app import create_app
from predawn.http.readers import Readers
from predawn.http.settings import ServeSettings
from tests.predawn.http.browser import CONTRAST, chromium, prefer, resize
from tests.predawn.http.shop import BEFORE, LIVE, NAMES, USERS, publish_shop
from tests.predawn.http.support import running

NOW = dt.datetime(2017, 12, 3, 6, tzinfo=dt.UTC)
KEY = "correct-horse-battery"
WAIT_SECONDS = 20


class Page:
    """What a person sees and does."""

    def __init__(self, browser: webdriver.Chrome, port: int) -> None:
        self.browser = browser
        self.base = f"http://127.0.0.1:{port}/"

    def open(self, fragment: str = "") -> None:
        self.browser.get("about:blank")
        self.browser.get(f"{self.base}#{fragment}")
        self.until("document.getElementById('popular').children.length || !document.getElementById('notice').hidden")

    def until(self, condition: str) -> Any:
        return WebDriverWait(self.browser, WAIT_SECONDS).until(lambda it: it.execute_script(f"return {condition}"))

    def find(self, selector: str) -> WebElement:
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        return [each.text for each in self.browser.find_elements(By.CSS_SELECTOR, selector)]

    def items(self, selector: str) -> list[str | None]:
        found = self.browser.find_elements(By.CSS_SELECTOR, f"{selector} [data-item]")
        return [each.get_attribute("data-item") for each in found]

    def shows(self, user: str) -> None:
        self.until(f"document.getElementById('list-title').textContent === {json.dumps(f'List of {user}')}")
        self.until("!document.body.classList.contains('loading')")


@pytest.fixture(scope="module")
def port(redis_server: str) -> Iterator[int]:
    client = redis.Redis.from_url(redis_server)
    client.flushall()
    publish_shop(client)
    client.close()
    with running(create_app(Readers.at(redis_server), ServeSettings(), lambda: NOW)) as server:
        yield server.port


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    with chromium(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture
def page(browser: webdriver.Chrome, port: int) -> Iterator[Page]:
    resize(browser, 1280, 1000)
    yield Page(browser, port)
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert complaints == []


def test_a_user_is_picked_and_their_list_explained(page: Page) -> None:
    page.open()
    assert page.find("#freshness").text == "lists of 2017-12-02, 6 h old, 4 users"
    assert page.items("#popular") == ["1", "9", "3", "2"]
    assert page.texts("#tries button") == USERS
    page.find("#user").send_keys("612", Keys.ENTER)
    page.shows("612")
    assert page.items("#lists") == ["1", "3", "7", "2", "a/b c", "4"]
    rows = page.texts("#lists li")
    assert all(part in rows[1] for part in ("Bananas", "because they took Whole milk, 1 gal", "0.770"))
    assert "Olives & feta <mixed>" in rows[4]
    assert "because" not in rows[5]
    assert page.items("#history") == ["7", "6", "9"]
    assert page.texts("#history .rank") == ["2\u00d7", "", ""]
    assert page.browser.execute_script("return location.hash").endswith("user=612&n=20")


def test_two_versions_side_by_side(page: Page) -> None:
    page.open("user=612")
    page.shows("612")
    Select(page.find("#compare")).select_by_value(BEFORE)
    page.until("document.querySelectorAll('#lists [data-version]').length === 2")
    assert page.items(f"#lists [data-version='{BEFORE}']") == ["1", "2", "3", "4", "5", "6"]
    assert page.items(f"#lists [data-version='{LIVE}']") == ["1", "3", "7", "2", "a/b c", "4"]
    assert page.texts("#counts .badge") == ["2 entered", "2 left", "3 moved", "1 the same"]
    assert page.texts(f"#lists [data-version='{LIVE}'] .badge") == ["=", "▲ 1", "new", "▼ 2", "new", "▼ 2"]
    assert page.items("[data-group=entered]") == ["7", "a/b c"]
    assert page.items("[data-group=left]") == ["5", "6"]
    assert page.items("[data-group=moved]") == ["2", "4", "3"]
    assert "was there: because they took Bananas" in page.texts("[data-group=left] li")[0]
    moved = page.texts("[data-group=moved] li")[2]
    assert "was: people with similar taste took it; now: because they took Whole milk, 1 gal" in moved
    assert "0.500 → 0.770" in moved


def test_similar_items_by_keyboard_alone(page: Page) -> None:
    page.open("user=612")
    page.shows("612")
    page.browser.execute_script("document.querySelector('#lists [data-item=\"7\"]').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    page.until("document.querySelectorAll('#item-body .pair [data-item]').length")
    assert page.find("#item-title").text == "Spaghetti (7)"
    assert page.items("#item-body") == ["6", "8", "2", "8", "6"]
    assert "price" in page.find("#item-body .facts").text
    page.browser.execute_script("document.querySelector('#item-body [data-item=\"2\"]').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    page.until("document.getElementById('item-title').textContent.startsWith('Mainstream')")
    page.until("document.querySelectorAll('#item-body .empty').length === 2")
    page.browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    page.until("!document.getElementById('item').open")


def test_tab_reaches_everything(page: Page) -> None:
    page.open("user=1364")
    page.shows("1364")
    page.browser.execute_script("document.activeElement.blur()")
    reached = set()
    for _ in range(40):
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(
            page.browser.execute_script(
                "const it = document.activeElement; return it.id || it.dataset.item || it.textContent"
            )
        )
    assert {"scene", "variant", "user", "n", "compare", "Show", "7", "6", "8", "API"} <= reached


@pytest.mark.parametrize("user", [*USERS, "nobody", "é+%2F&=#", "<img src=x onerror=alert(1)>", "w" * 1024])
def test_any_user_gets_something(page: Page, user: str) -> None:
    page.open(f"user={quote(user, safe='')}")
    page.shows(user)
    assert page.items("#lists")
    own = "a list of their own" if user in USERS else "the popular list"
    assert page.find("#list-about").text.startswith(own)


def test_ids_that_no_path_can_hold_are_told(page: Page) -> None:
    page.open("user=..")
    page.until("!document.getElementById('notice').hidden")
    assert "POST /v1/batch" in page.find("#notice").text


def test_variants(page: Page) -> None:
    page.open("user=612")
    page.shows("612")
    Select(page.find("#variant")).select_by_value("bold")
    page.until("document.querySelectorAll('#lists [data-item]').length === 2")
    assert page.items("#lists") == ["8", "7"]


@pytest.mark.parametrize("width", [400, 700, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(page: Page, width: int, scheme: str) -> None:
    resize(page.browser, width, 900)
    prefer(page.browser, scheme)
    page.open(f"user=612&compare={BEFORE}")
    page.shows("612")
    page.until("document.querySelectorAll('#lists [data-version]').length === 2")
    assert page.browser.execute_script("return document.documentElement.scrollWidth") <= width
    for selector in ("body", ".about", ".why", ".badge.new", ".badge.left", ".chip", ".primary", ".rank"):
        assert page.browser.execute_script(CONTRAST, selector) >= 4.5, (selector, scheme)
    prefer(page.browser, "light")


def test_nothing_is_fetched_from_elsewhere(page: Page) -> None:
    page.browser.get_log("performance")
    for path in ("#user=612", "docs"):
        page.browser.get("about:blank")
        page.browser.get(page.base + path)
        page.until("document.querySelectorAll('.card dl, #lists li').length")
    messages = [json.loads(entry["message"])["message"] for entry in page.browser.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    assert len(asked) > 10
    assert {urlsplit(url).netloc for url in asked if url.startswith("http")} == {urlsplit(page.base).netloc}


def test_the_documentation_names_routes_and_problems(page: Page) -> None:
    page.browser.get(f"{page.base}docs#unknown-version")
    page.until("document.querySelector('dt:target')")
    text = page.find("main").text
    for part in ("/v1/users/{user}", "POST", "above 1000 it counts as 1000", "unknown-version", "/metrics"):
        assert part in text


@pytest.mark.usefixtures("port")
def test_a_key_is_asked_for(browser: webdriver.Chrome, redis_server: str) -> None:
    settings = ServeSettings(keys=(KEY,))
    with running(create_app(Readers.at(redis_server), settings, lambda: NOW)) as server:
        page = Page(browser, server.port)
        page.open("user=612")
        assert "API key is missing" in page.find("#notice").text
        page.find("#key").send_keys("wrong key, but long", Keys.ENTER)
        page.until("document.getElementById('key').value === ''")
        page.find("#key").send_keys(KEY, Keys.ENTER)
        page.shows("612")
        assert not page.find("#key-form").is_displayed()
        page.browser.get_log("browser")


def test_without_redis_the_page_says_so(browser: webdriver.Chrome) -> None:
    with running(create_app(Readers.at("redis://127.0.0.1:1/0"), ServeSettings())) as server:
        page = Page(browser, server.port)
        page.open("user=612")
        assert "no Redis answers at redis://127.0.0.1:1/0" in page.find("#notice").text
        page.browser.get_log("browser")


def test_names_come_from_the_publication(page: Page) -> None:
    page.open("user=1364")
    page.shows("1364")
    assert page.texts("#lists .name") == [f"{NAMES[item]}{item}" for item in ("7", "6", "8")]
