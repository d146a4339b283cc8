"""reStructuredText, AsciiDoc and Org: what their published pages show, in order, and nothing else."""

from __future__ import annotations

import pytest

from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError


def read(content: str | bytes, name: str) -> Parsed:
    return parse(content if isinstance(content, bytes) else content.encode(), filename=name, mime_type=None)


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


# -- reStructuredText ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("Press :kbd:`F5`, then :guilabel:`&Save`.", ["Press F5, then Save."]),
        ("See :ref:`the shop <shop>` and :doc:`/setup-guide`.", ["See the shop and setup guide."]),
        (":menuselection:`File --> Print` prints.", ["File › Print prints."]),
        ("Use :py:func:`~kiln.heat` or :class:`!Kiln`.", ["Use heat() or Kiln."]),
        ("H\\ :sub:`2`\\ O weighs 10\\ :sup:`-3` kg.", ["H₂O weighs 10⁻³ kg."]),
        (".. deprecated:: 2.0\n   Use mode B.", ["Deprecated since version 2.0: Use mode B."]),
        (".. versionadded:: 3.1\n\n   Holds ten.", ["Added in version 3.1: Holds ten."]),
        ("自此。\n\n.. deprecated:: 2.0\n   请用 B 模式。", ["自此。", "自版本 2.0 起弃用：请用 B 模式。"]),
        (".. only:: internal\n\n   Staff pay 6.\n\nOpen.", ["Open."]),
        (".. only:: html and not internal\n\n   Web words.", ["Web words."]),
        (".. ifconfig:: beta\n\n   Later.\n\nNow.", ["Now."]),
        (".. todo:: Ask Bo.\n\nNow.", ["Now."]),
        (".. Ask Bo about 79 euros.\n\nNow.", ["Now."]),
        (".. raw:: latex\n\n   \\secret\n\nNow.", ["Now."]),
        (".. code-block:: sh\n   :caption: Start it\n   :linenos:\n\n   kiln --on", ["kiln --on"]),
        (".. glossary::\n\n   Rack\n      A frame.", ["A frame."]),
        (".. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\nNow.", ["Now."]),
        (".. no-such-thing::\n\n   Words in it.", ["Words in it."]),
        ("Words [#n]_.\n\n.. [#n] A note.", ["Words ¹.", "¹ A note."]),
    ],
)  # fmt: skip
def test_rst_as_its_readers_see_it(source: str, seen: list[str]) -> None:
    assert texts(read(f"Kiln\n====\n\n{source}\n", "a.rst")) == seen


def test_rst_of_a_manual() -> None:
    parsed = read(
        "Oven\n====\n\n.. |m| replace:: Oven X\n\n.. _how:\n\nUse\n---\n\nThe |m|, see :ref:`how`.\n\n5. Open.\n6. Close.\n\n"
        ".. tabs::\n\n   .. tab:: Windows\n\n      Run setup.exe.\n\n"
        ".. list-table:: Prices\n   :header-rows: 1\n\n   * - Model\n     - Price\n   * - X\n     - 5 EUR\n\n"
        ".. option:: --fast\n\n   Makes it fast.\n",
        "a.rst",
    )
    assert parsed.title == "Oven"
    assert texts(parsed) == [
        "The Oven X, see Use.",
        "Open.",
        "Close.",
        "Run setup.exe.",
        "Prices",
        "X | 5 EUR",
        "Makes it fast.",
    ]
    assert "5. Open." in parsed.text, "numbers as they are shown"
    assert [block.section for block in parsed.blocks if block.kind == "text"][1] == ("Use", "Windows")
    assert parsed.blocks[-1].header == "--fast"
    assert [cell.names for block in parsed.blocks for cell in block.cells] == [("Model",), ("Price",)]


def test_rst_reads_no_files_and_tells_what_is_missing() -> None:
    parsed = read(
        "A\n=\n\n.. include:: /etc/passwd\n\n.. csv-table:: t\n   :file: /etc/passwd\n\n.. only:: staff\n\n   x\n\nText.",
        "a.rst",
    )
    assert texts(parsed) == ["Text."]
    assert parsed.metadata["left_out"]["parts"] == ["include:: /etc/passwd", "only:: staff"]


def test_rst_fields_at_the_start_say_something_of_the_page() -> None:
    assert texts(read(":slug: oven\n\nOven\n====\n\nText.\n", "a.rst")) == ["Text."]
    with pytest.raises(ParseError, match="not published"):
        read(":status: draft\n\nOven\n====\n\nText.\n", "a.rst")


# -- AsciiDoc --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        (":fee: 5 EUR\n\nIt costs {fee} with the {kit}.", ["It costs 5 EUR with the {kit}."]),
        ("////\nAsk Bo.\n////\n\n// nor this\nOpen.", ["Open."]),
        ("ifdef::staff[]\nStaff pay 6.\nendif::[]\n\nOpen.", ["Open."]),
        ("ifndef::staff[]\nAll pay 9.\nendif::[]", ["All pay 9."]),
        ("ifdef::staff[Staff pay 6.]\nOpen.", ["Open."]),
        (':v: 3\n\nifeval::["{v}" >= "3"]\nNew.\nendif::[]', ["New."]),
        ("NOTE: Mind the\ncable.", ["Mind the cable."]),
        ("[WARNING]\n====\nHot *door*.\n====", ["Hot door."]),
        ("[source,sh]\n----\nkiln --on <1>\n# ifdef::x[]\n----\n<1> starts", ["kiln --on ①\n# ifdef::x[]", "starts"]),
        ("Press kbd:[Ctrl+S] or menu:File[Save > All].", ["Press Ctrl+S or File › Save › All."]),
        ("See <<how,here>> or link:b.html[the `page`].", ["See here or the page."]),
        ("H~2~O and 10^-3^ m, 5 * 3 * 2, file_name_x.", ["H₂O and 10⁻³ m, 5 * 3 * 2, file_name_x."]),
        ("It is [line-through]#9# 7 euros.", ["It is 7 euros."]),
        ("Open footnote:[With a key.] it.", ["Open (With a key.) it."]),
        ("* one\n** two\n+\nmore\n* three", ["one", "two", "more", "three"]),
        ("Is it loud?:: No, 60 dB.", ["No, 60 dB."]),
        ("|===\n|Model |Price\n\n|A |5 EUR\n.2+|B |6 EUR\n|7 EUR\n|===", ["A | 5 EUR", "B | 6 EUR", "B | 7 EUR"]),
        ('[cols="1,1a"]\n|===\n|K\n|Do:\n\n* pull\n|L |Go\n|===', ["K | Do: - pull", "L | Go"]),
        ("[format=csv]\n|===\na,b\n\"c, d\",e\n|===", ["c, d | e"]),
        ("[%collapsible]\n.Can it swim?\n====\nNever.\n====", ["Never."]),
    ],
)  # fmt: skip
def test_asciidoc_as_its_readers_see_it(source: str, seen: list[str]) -> None:
    kept = [text for text in texts(read(f"= Kiln\n{source}\n" if source[0] == ":" else f"= Kiln\n\n{source}\n", "a.adoc"))]
    assert kept == seen


def test_asciidoc_of_a_manual() -> None:
    parsed = read(
        "= Mower\nAnn Lee <ann@x.example>\nv1.2, 2026-03-01\n:page-url: https://help.example/mower\n\n== Use\n\n"
        ".Steps\n[start=4]\n"
        ". Close it.\n+\n[source]\n----\nmow\n----\n. Go.\n\ninclude::other.adoc[]\n\nSee <<_use>>.\n",
        "a.adoc",
    )
    assert parsed.title == "Mower"
    assert texts(parsed) == ["Close it.", "mow", "Go.", "See Use."]
    assert "4. Close it." in parsed.text
    assert parsed.blocks[0].section == ("Use", "Steps")
    assert parsed.metadata["url"] == "https://help.example/mower"
    assert parsed.metadata["left_out"]["parts"] == ["include::other.adoc[]"]


# -- Org -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("#+MACRO: heat $1 °C\nIt has {{{heat(900)}}}.", ["It has 900 °C."]),
        ("# Ask Bo.\n#+BEGIN_COMMENT\nnor\n#+END_COMMENT\nOpen.", ["Open."]),
        ("* Use\n:LOGBOOK:\n- Bo said no\n:END:\nOpen.", ["Open."]),
        ("* Use\nDEADLINE: <2026-04-01 Wed>\nOpen.", ["Open."]),
        ("* Margin :noexport:\n33 percent.\n** Deeper\nmore\n* Use\nOpen.", ["Open."]),
        ("* COMMENT Draft\n1 euro.\n* Use\nOpen.", ["Open."]),
        ("#+OPTIONS: tasks:nil\n* TODO Later\nnot yet\n* Use\nOpen.", ["Open."]),
        ("#+SELECT_TAGS: out\n* Use :out:\nOpen.\n* Rest\nno", ["Open."]),
        ("See [[https://x.example][the *shop*]], =code= and +old+ new.", ["See the shop, code and new."]),
        ("- [X] check it\n- Size :: 3 l", ["check it", "Size :: 3 l"]),
        ("| Model | Oil |\n|-------+-----|\n| A     | 4 l |", ["A | 4 l"]),
        ("#+BEGIN_SRC sh :exports none\nsecret\n#+END_SRC\nOpen.", ["Open."]),
        ("#+BEGIN_SRC sh\nkiln --on\n#+END_SRC\n\n#+RESULTS:\n: 42\n\nOpen.", ["kiln --on", "Open."]),
        ("Weighs x^2 and H_2O, keeps snake_case.", ["Weighs x² and H₂O, keeps snake_case."]),
        ("Open [fn:1] it.\n* Footnotes\n[fn:1] With a key.", ["Open (With a key.) it."]),
    ],
)  # fmt: skip
def test_org_as_its_readers_see_it(source: str, seen: list[str]) -> None:
    assert texts(read(f"#+TITLE: Kiln\n{source}\n", "a.org")) == seen


def test_org_of_a_manual() -> None:
    parsed = read(
        "#+TITLE: Saw\n* Oil\n** TODO [#A] Blade [1/2] :hot:\n5. [@5] Turn it\n   slowly\n   - left\n6. Stop\n", "a.org"
    )
    assert parsed.title == "Saw"
    assert texts(parsed) == ["Turn it slowly", "left", "Stop"]
    assert parsed.blocks[0].section == ("Oil", "Blade")
    assert "5. Turn it" in parsed.text
