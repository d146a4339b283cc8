"""The chat on a customer's site, in a browser: asked, read, rated, handed over, kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from browsing import AXE, PHONE, ask, opened, serious
from site_pages import Site

from rag.gaps import find_gaps
from rag.record.keys import COMMAND_LINE, Keys, Rights
from rag.wiring import Application

Served = tuple[str, Application]
NewPage = Callable[..., Any]


def test_before_it_is_opened_it_costs_one_small_request(served: Served, shop: Site, new_page: NewPage) -> None:
    page = new_page()
    seen: list[Any] = []
    page.on("response", lambda reply: seen.append(reply) if reply.url.startswith(served[0]) else None)
    page.goto(shop.url)
    page.get_by_role("button", name="Open the chat").wait_for()
    page.wait_for_timeout(400)
    assert [reply.url for reply in seen] == [f"{served[0]}/widget.js"]
    assert seen[0].request.sizes()["responseBodySize"] < 40_000
    assert "/token" not in shop.seen
    page.get_by_role("button", name="Open the chat").click()
    page.get_by_role("button", name="How long is the kettle's warranty?").wait_for()  # of the library's own FAQ


@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"])
def test_an_answer_with_steps_leads_to_its_passage(shop: Site, new_page: NewPage, options: dict[str, Any]) -> None:
    page = new_page(**options)
    chat = opened(page, shop.url)
    reply = ask(page, "How do I descale the kettle?")
    assert reply.locator("ol li").all_inner_texts()[:2] == ["Fill the kettle with vinegar.", "Boil it once."]
    chip = reply.locator(".chip").first
    assert chip.inner_text() == "1"
    chip.focus()
    page.keyboard.press("Enter")
    passage = chat.locator(".sheet .passage")
    chat.get_by_text("Loading…").wait_for(state="detached")
    assert "vinegar" in " ".join(passage.locator("mark").all_inner_texts())
    assert passage.inner_text() != passage.locator("mark").first.inner_text()  # something stands around it
    page.keyboard.press("Escape")
    assert chat.locator(".sheet").is_hidden()
    assert chip.evaluate("chip => chip.getRootNode().activeElement === chip")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Open the chat").wait_for()


def test_it_speaks_chinese_on_a_chinese_page(shop: Site, new_page: NewPage) -> None:
    page = new_page(locale="zh-CN")
    chat = opened(page, f"{shop.url}/zh")
    reply = ask(page, "电水壶保修多久？")
    assert "三年" in reply.inner_text()
    assert chat.get_by_role("button", name="有帮助").count() == 2  # and its opposite
    assert chat.locator("textarea").first.get_attribute("placeholder") == "请输入问题…"


def test_a_table_is_a_table(shop: Site, new_page: NewPage) -> None:
    page = new_page()
    page.goto(shop.url)
    page.wait_for_function("window.Xiansou && Xiansou.chat")
    shown = "| Model | Litres |\n| --- | --- |\n| **Teo** | 1.2 |\n| Mini | 0.6 | [1]\n\nSee [the page](https://a.example/b)."
    cells = page.evaluate("text => [...Xiansou.render(text).querySelectorAll('td, th')].map(one => one.textContent)", shown)
    assert cells == ["Model", "Litres", "Teo", "1.2", "Mini", "0.6"]
    assert page.evaluate("text => Xiansou.render(text).querySelector('a').rel", shown) == "noopener noreferrer nofollow"


def test_a_thumb_down_with_its_reason_reaches_the_record(served: Served, shop: Site, new_page: NewPage) -> None:
    _, application = served
    page = new_page()
    opened(page, shop.url)
    reply = ask(page, "How long is the kettle's warranty?")
    reply.get_by_role("button", name="Bad answer").click()
    reply.get_by_role("radio", name="It is out of date").check()
    reply.get_by_label("Tell us more (optional)").fill("It is five years now.")
    reply.get_by_role("button", name="Send").click()
    reply.get_by_text("Thank you!").wait_for()
    assert reply.get_by_role("button", name="Bad answer").get_attribute("aria-pressed") == "true"
    gap = next(one for one in find_gaps(application) if "warranty" in one.name)
    assert not gap.members[0].refused  # it is there because of the thumb


def test_a_person_is_asked_for_with_a_way_to_answer(shop: Site, new_page: NewPage) -> None:
    page = new_page()
    chat = opened(page, shop.url)
    ask(page, "How do I descale the kettle?")
    chat.get_by_role("button", name="Talk to a person").first.click()
    chat.get_by_label("E-mail or phone").fill("nothing")
    chat.locator(".sheet").get_by_role("button", name="Send").click()
    chat.get_by_text("Please enter an e-mail address or a phone number.").wait_for()
    chat.get_by_label("E-mail or phone").fill("ann@example.com")
    chat.locator(".sheet").get_by_role("button", name="Send").click()
    chat.get_by_text("Your message was passed on.").wait_for()
    told = shop.handed[-1]
    assert (told["contact"], told["message"]) == ("ann@example.com", "How do I descale the kettle?")
    assert told["answer_id"].startswith("ans_") and told["conversation_id"].startswith("conv_")


def test_a_conversation_is_kept_over_pages_and_reloads(shop: Site, new_page: NewPage) -> None:
    page = new_page()
    opened(page, shop.url)
    ask(page, "How do I descale the kettle?")
    page.reload()
    page.locator("xiansou-chat .yours").wait_for()  # it was open, so it is
    page.get_by_role("link", name="Another page").click()
    page.wait_for_url("**/other")
    page.locator("xiansou-chat .yours").wait_for()
    assert page.locator("xiansou-chat .yours .bubble").all_inner_texts() == ["How do I descale the kettle?"]
    page.locator("xiansou-chat .chip").first.click()
    page.locator("xiansou-chat .sheet mark").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="New conversation").click()
    page.reload()
    page.locator("xiansou-chat .suggested .pill").first.wait_for()
    assert page.locator("xiansou-chat .yours").count() == 0


def test_after_a_network_loss_it_goes_on_by_itself(shop: Site, new_page: NewPage) -> None:
    page = new_page()
    chat = opened(page, shop.url)
    ask(page, "How long is the kettle's warranty?")
    page.context.set_offline(True)
    page.locator("xiansou-chat textarea").first.fill("How do I descale the kettle?")
    page.keyboard.press("Enter")
    chat.get_by_text("No connection.").first.wait_for()
    page.context.set_offline(False)
    chat.get_by_text("Fill the kettle with vinegar.").first.wait_for()
    assert chat.locator(".yours").count() == 2


def test_a_deleted_passage_says_so(served: Served, shop: Site, new_page: NewPage) -> None:
    url, application = served
    key = Keys(application.ledger.engine).create("admin", Rights(("admin",)), made_by=COMMAND_LINE)[1]
    admin = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
    assert admin.put("/v1/documents/lamp.md", json={"text": "# Lamp\n\nThe lamp shines for nine hours."}).status_code == 201
    page = new_page()
    chat = opened(page, shop.url)
    reply = ask(page, "How long does the lamp shine?")
    admin.delete("/v1/documents/lamp.md")
    reply.locator(".chip").first.click()
    chat.get_by_text("This passage is no longer in the documents.").wait_for()
    assert "nine hours" not in chat.locator(".sheet").inner_text()
    admin.close()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: run `npm ci` in api/web")
@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desktop", "phone", "dark"])
@pytest.mark.parametrize("place", ["/", "/zh", "/rtl"])
def test_axe_finds_nothing_serious(shop: Site, new_page: NewPage, options: dict[str, Any], place: str) -> None:
    page = new_page(**options)
    chat = opened(page, f"{shop.url}{place}")
    page.wait_for_timeout(300)
    assert serious(page) == []
    ask(page, "How do I descale the kettle?")
    chat.locator(".thumbs button").nth(1).click()
    assert serious(page) == []
    chat.locator(".chip").first.click()
    chat.locator(".sheet mark").first.wait_for()
    page.wait_for_timeout(300)  # it slides in
    assert serious(page) == []
    page.keyboard.press("Escape")
    chat.locator("header .icon").nth(1).click()
    page.wait_for_timeout(300)
    assert serious(page) == []
