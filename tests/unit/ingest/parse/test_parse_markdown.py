"""Markdown: the source unchanged, blocks as spans of it."""

from ingest.parse import parse
from rag.domain import Block, Parsed


def read(source: str) -> Parsed:
    parsed = parse(source.encode(), filename="a.md", mime_type=None)
    # Lines of tags and directives are taken out of the text: citations must not show what no reader sees.
    assert parsed.text == source or len(parsed.text) < len(source)
    return parsed


def texts(parsed: Parsed) -> list[str]:
    return [parsed.text[block.start : block.end] for block in parsed.blocks]


def block(parsed: Parsed, start: str) -> Block:
    return next(block for block in parsed.blocks if parsed.text.startswith(start, block.start))


def test_front_matter_gives_title_and_metadata() -> None:
    parsed = read(
        "---\ntitle: '备份: 问答'\nsummary: 了解备份。\naliases: ['/a/']\ndate: 2024-05-01\n---\n\n# 备份: 问答\n\n正文。\n"
    )
    assert parsed.title == "备份: 问答"
    assert parsed.metadata == {"summary": "了解备份。", "date": "2024-05-01"}
    assert texts(parsed) == ["正文。"]
    assert parsed.blocks[0].section == ()


def test_front_matter_that_is_not_yaml_is_still_read() -> None:
    parsed = read("---\ntitle: TiDB: an overview\nx: [\n---\nText.\n")
    assert parsed.title == "TiDB: an overview"
    assert texts(parsed) == ["Text."]


def test_first_top_heading_is_the_title_and_others_are_sections() -> None:
    parsed = read("# Guide\n\nIntro.\n\n## Install\n\n### Linux {#linux}\n\nRun it.\n\n## Use `it` **now**\n\nGo.\n")
    assert parsed.title == "Guide"
    assert block(parsed, "Intro").section == ()
    assert block(parsed, "Run").section == ("Install", "Linux")
    assert block(parsed, "Go").section == ("Use it now",)


def test_setext_headings_and_crlf() -> None:
    parsed = read("Guide\r\n=====\r\n\r\nPart\r\n----\r\n\r\nOne\r\ntwo.\r\n")
    assert parsed.title == "Guide"
    assert texts(parsed) == ["One\r\ntwo."]
    assert parsed.blocks[0].section == ("Part",)


def test_a_heading_with_nothing_below_is_text() -> None:
    parsed = read("# Shop\n\n## Open 9:00 to 18:00\n\n## Address\n\nMain street 1.\n")
    assert texts(parsed) == ["Open 9:00 to 18:00", "Main street 1."]


def test_headings_alone_are_text() -> None:
    assert texts(read("# Only a title\n")) == ["Only a title"]


def test_list_items_are_blocks_of_one_group_with_the_line_that_introduces_them() -> None:
    parsed = read(
        "Do this:\n\n1. First **step**.\n   More of it.\n\n2. Second:\n\n   ```sh\n   run\n   ```\n\n   - nested\n\nEnd.\n"
    )
    assert texts(parsed) == ["Do this:", "First **step**.\n   More of it.", "Second:", "run", "nested", "End."]
    items = parsed.blocks[1:5]
    assert {item.group for item in items} == {0}
    assert [item.kind for item in items] == ["list", "list", "code", "list"]
    assert items[0].header == "Do this:"
    assert items[3].header == "Second:"
    assert parsed.blocks[5].group == -1


def test_table_rows_carry_their_header() -> None:
    parsed = read("| Name | `Type` |\n|:--|--:|\n| `a` | int |\n| b \\| c |  |\n")
    assert texts(parsed) == ["`a` | int", "b \\| c"]
    assert {(row.kind, row.header, row.group) for row in parsed.blocks} == {("table", "Name | Type", 0)}


def test_a_table_of_questions_is_faq_with_exact_answers() -> None:
    parsed = read("| 问题 | 答案 | 相似问题 |\n|--|--|--|\n| 如何退款？ | 联系**客服**。 | 怎么退钱；退款 |\n")
    (entry,) = parsed.blocks
    assert (entry.kind, entry.header, entry.keys) == ("faq", "如何退款？", ("怎么退钱", "退款"))
    assert parsed.text[entry.start : entry.end] == "联系**客服**。"


def test_code_fences_are_one_block_without_their_marks() -> None:
    parsed = read('Run:\n\n```bash title="x"\n$ a\n\n# not a heading\n$ b\n```\n\n~~~\nopen end\n')
    assert texts(parsed) == ["Run:", "$ a\n\n# not a heading\n$ b", "open end"]
    assert [block.kind for block in parsed.blocks] == ["text", "code", "code"]


def test_quotes_lose_their_marks_at_the_ends() -> None:
    parsed = read("> **注意：**\n>\n> 不要\n> 删除。\n>\n> - 甲\n")
    assert texts(parsed) == ["**注意：**", "不要\n> 删除。", "甲"]


def test_lines_that_are_numbered_as_headings_are_headings() -> None:
    source = (
        "# 手册\n\n一、适用范围\n\n适用于全部门店。\n\n（一）例外\n\n不含仓库。\n\n二、期限\n\n三十天内有效。\n\n"
        "## 附\n\n完。\n\n一、甲的说明。\n\n二、乙的说明。\n"
    )
    parsed = read(source)
    assert [(block.section, parsed.text[block.start : block.end]) for block in parsed.blocks] == [
        (("一、适用范围",), "适用于全部门店。"),
        (("一、适用范围", "（一）例外"), "不含仓库。"),
        (("二、期限",), "三十天内有效。"),
        (("附",), "完。"),
        (("附",), "一、甲的说明。"),
        (("附",), "二、乙的说明。"),
    ]


def test_comments_images_directives_and_link_definitions_are_no_blocks() -> None:
    source = (
        "<!-- a\nb -->\n\n![shot](a.png)\n\n[![badge](a)](b)\n\n:::tip Using Word?\nText.\n:::\n\n"
        '{{< copyable "sql" >}}\n\n[ref]: http://x.y\n\n[!NOTE]\n\n<br/>\n\n<img src="a"/>\n'
    )
    assert texts(read(source)) == ["Using Word?", "Text."]


def test_details_are_sections_named_by_their_summary() -> None:
    parsed = read("<details><summary> 执行 <b>结果</b> </summary>\n\nok\n\n</details>\n\nAfter.\n")
    assert [(block.section, text) for block, text in zip(parsed.blocks, texts(parsed), strict=True)] == [
        (("执行 结果",), "ok"),
        ((), "After."),
    ]


def test_html_tables_give_rows_with_header_and_cells_that_span_down() -> None:
    source = (
        'Intro.\n\n<table>\n<thead><tr><th>Kind</th><th>Cost</th></tr></thead>\n<tr><td rowspan="2">Read</td>\n'
        "<td>1 <b>RU</b></td></tr>\n<tr><td>2 RU</td></tr>\n</table>\nAfter.\n"
    )
    parsed = read(source)
    assert texts(parsed) == ["Intro.", "Read | 1 RU", "2 RU", "After."]
    assert [row.header for row in parsed.blocks[1:3]] == ["Kind | Cost", "Kind | Cost\nRead"]


def test_placeholders_in_angle_brackets_are_text() -> None:
    assert texts(read("<version> is the version.\n\nUse `<div>` here.\n")) == ["<version> is the version.", "Use `<div>` here."]


def test_html_headings_and_paragraphs() -> None:
    parsed = read('<h2 align="center">Part <i>one</i></h2>\n\n<p>First.</p>\n<p>Second.</p>\n<ul>\n<li>item</li>\n</ul>\n')
    assert texts(parsed) == ["First.", "Second.", "item"]
    assert {block.section for block in parsed.blocks} == {("Part one",)}
