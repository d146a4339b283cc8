"""The try-it page, the API's description and the console, in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_service import make_settings, serving, working
from browsing import AXE, DOCUMENTS, PHONE, ask, serious

from api.app import create_app
from rag.fakes import HashEmbedder
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application, open_application

NewPage = Callable[..., Any]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Application]]:
    """(URL, house) of a service without a key."""
    settings = make_settings(tmp_path_factory.mktemp("pages"))
    application = open_application(settings, embedder=HashEmbedder())
    with serving(create_app(application=application)) as url, working(settings):
        for name, text in DOCUMENTS.items():
            assert httpx.put(f"{url}/v1/documents/{name}", json={"text": text}, timeout=60).status_code == 201
        yield url, application
    application.close()


@pytest.fixture(scope="module")
def with_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """(URL, admin's key) of a service that asks for one."""
    settings = make_settings(tmp_path_factory.mktemp("keyed"), server__auth="required")
    application = open_application(settings, embedder=HashEmbedder())
    key = Keys(application.ledger.engine).create("admin", Rights(("admin",)), made_by=COMMAND_LINE)[1]
    with serving(create_app(application=application)) as url, working(settings):
        yield url, key
    application.close()


def test_a_file_is_dropped_and_asked_about(open_to_all: tuple[str, Application], new_page: NewPage, tmp_path: Path) -> None:
    note = tmp_path / "opening hours.md"
    note.write_text("# Opening hours\n\nThe workshop in Lyon opens at half past eight.\n")
    page = new_page()
    page.goto(open_to_all[0])
    page.set_input_files("#files", str(note))
    page.locator("#uploads .badge.good").wait_for()
    reply = ask(page, "When does the workshop in Lyon open?")
    assert "half past eight" in reply.inner_text()
    page.locator("#behind .hit.cited").first.wait_for()
    assert page.locator("#behind .times .number").count() >= 5
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="removed").wait_for()


def test_with_keys_the_page_asks_for_one(with_keys: tuple[str, str], new_page: NewPage) -> None:
    url, key = with_keys
    page = new_page()
    page.goto(url)
    page.get_by_label("Key").fill("xs_wrong_key")
    page.get_by_role("button", name="Use this key").click()
    page.get_by_text("This key is not accepted.").wait_for()
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Use this key").click()
    page.locator("xiansou-chat textarea").first.wait_for()


def test_nothing_is_loaded_from_outside(open_to_all: tuple[str, Application], new_page: NewPage) -> None:
    url, _ = open_to_all
    page = new_page()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"{url}/docs")
    page.get_by_text("Upload Documents").first.wait_for()
    for place in ("/", "/console", "/console/playground", "/console/traffic"):
        page.goto(url + place)
    assert [one for one in sent if not one.startswith((url, "data:"))] == []


def test_the_console_signs_in_and_out(with_keys: tuple[str, str], new_page: NewPage) -> None:
    url, key = with_keys
    page = new_page()
    page.goto(f"{url}/console/keys")
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console/keys")
    page.get_by_label("Name").fill("help centre")
    page.get_by_role("button", name="Make", exact=True).click()
    page.locator(".made pre").wait_for()
    assert page.locator(".made pre").inner_text().startswith("xs_")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Sign in").wait_for()
    page.goto(f"{url}/console")
    page.get_by_role("button", name="Sign in").wait_for()


def test_upload_reading_versions_and_a_receipt(open_to_all: tuple[str, Application], new_page: NewPage, tmp_path: Path) -> None:
    url, _ = open_to_all
    page = new_page()
    page.on("dialog", lambda asked: asked.accept())
    note = tmp_path / "prices.md"
    page.goto(f"{url}/console")
    for price in (19, 24):
        note.write_text(f"# Prices\n\nThe filter costs {price} euros.\n")
        page.set_input_files("input[type=file]", str(note))
        page.locator(f"#jobs li:has-text('prices.md') .badge.good >> nth={0 if price == 19 else 1}").wait_for()
    page.goto(f"{url}/console/document?id=prices.md")
    assert "The filter costs 24 euros." in page.locator(".statements").first.inner_text()
    page.get_by_role("button", name="What changed").first.click()
    page.locator(".diff ins", has_text="24 euros").wait_for()
    assert "19 euros" in page.locator(".diff del").first.inner_text()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Versions taken out").wait_for()


def test_an_unanswered_question_is_answered_and_asked_again(open_to_all: tuple[str, Application], new_page: NewPage) -> None:
    url, _ = open_to_all
    asked = httpx.post(f"{url}/v1/query", json={"question": "Is the kettle loud at night?"}, timeout=60).json()
    told = {"answer_id": asked["answer_id"], "rating": "down", "reason": "wrong"}
    assert httpx.post(f"{url}/v1/feedback", json=told, timeout=60).status_code == 200
    page = new_page()
    page.goto(f"{url}/console/gaps")
    page.locator("summary", has_text="loud at night").click()
    page.get_by_label("Write the answer").fill("No, the kettle is quiet at night: 35 dB.")
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("1 of 1 are answered now").wait_for()


def test_the_playground_shows_two_ways_side_by_side(open_to_all: tuple[str, Application], new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{open_to_all[0]}/console/playground")
    page.get_by_label("Question").fill("How do I descale the kettle?")
    page.get_by_label("Two configurations side by side").check()
    page.get_by_role("button", name="Ask").click()
    page.locator("#result .result").nth(1).wait_for()
    assert "vinegar" in page.locator("#result .answer li").first.inner_text()
    assert page.locator("#result tr.cited").count() >= 2


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run `npm ci` in api/web")
@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"])
def test_axe_finds_nothing_serious_on_pages(
    open_to_all: tuple[str, Application], new_page: NewPage, options: dict[str, Any]
) -> None:
    url, _ = open_to_all
    page = new_page(**options)
    places = ("/", "/console", "/console/document?id=kettle.md", "/console/playground", "/console/gaps", "/console/traffic")
    for place in (*places, "/console/calibration", "/console/runs", "/console/keys", "/console/audit", "/console/login"):
        page.goto(url + place)
        page.wait_for_timeout(200)
        assert serious(page) == [], place
