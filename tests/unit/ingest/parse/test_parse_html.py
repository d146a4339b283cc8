"""HTML pages: main content, accordions, tables, without the page around it."""

import pytest

from ingest.parse import parse
from rag.domain import Parsed
from rag.errors import ParseError


def read(body: str, head: str = "", encoding: str = "utf-8") -> Parsed:
    page = f"<!doctype html><html lang='zh-CN'><head>{head}</head><body>{body}</body></html>"
    return parse(page.encode(encoding), filename="page.html", mime_type="text/html")


def seen(parsed: Parsed) -> list[tuple[str, str, str, str]]:
    """(kind, section, header, text) of each block."""
    return [(b.kind, " › ".join(b.section), b.header, parsed.text[b.start : b.end]) for b in parsed.blocks]


def test_title_metadata_and_boilerplate() -> None:
    parsed = read(
        "<header><nav><a href=/>首页</a></nav></header><div class='cookie-banner'>我们使用 cookie。</div>"
        "<main><h1>帮助中心</h1><p>正文在这里，\n内容完整。</p><form><label>邮箱</label><button>订阅</button></form></main>"
        "<aside>相关</aside><script>var x = 1</script><footer>版权所有</footer>",
        "<title>帮助中心 - 公司</title><meta name=description content='常见问题'>",
    )
    assert parsed.title == "帮助中心"
    assert parsed.metadata == {"language": "zh-CN", "description": "常见问题"}
    assert seen(parsed) == [("text", "", "", "正文在这里，内容完整。")]
    assert parsed.text == "帮助中心\n\n正文在这里，内容完整。"


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "utf-8"])
def test_charset_declaration_and_its_lies(declared: str) -> None:
    parsed = read("<p>如何重置密码？请点击链接。</p>", f"<meta charset='{declared}'>", encoding="gb18030")
    assert seen(parsed)[0][3] == "如何重置密码？请点击链接。"


def test_accordions_are_faq_entries() -> None:
    parsed = read(
        "<h2>账号</h2><details><summary>如何重置密码？</summary><p>点击<b>忘记密码</b>。</p><ul><li>输入邮箱</li><li>提交</li></ul></details>"
        "<details><summary>Output</summary><pre>x = 1\n  y</pre></details><p>尾。</p>"
    )
    assert seen(parsed) == [
        ("faq", "账号", "如何重置密码？", "点击忘记密码。\n\n- 输入邮箱\n- 提交"),
        ("code", "账号 › Output", "", "x = 1\n  y"),
        ("text", "账号", "", "尾。"),
    ]


def test_buttons_that_open_an_answer_are_its_heading() -> None:
    parsed = read(
        "<div><button aria-expanded=false>如何注销账号？</button><div hidden><p>联系客服。</p></div></div>"
        "<p>别的。</p><button>提交表单</button>"
    )
    assert seen(parsed) == [("text", "如何注销账号？", "", "联系客服。"), ("text", "", "", "别的。")]


def test_definition_lists() -> None:
    parsed = read("<dl><dt>退款要多久？</dt><dd>三天。</dd><dt>SLA</dt><dd>服务等级<br>协议</dd></dl>")
    assert seen(parsed) == [("faq", "", "退款要多久？", "三天。"), ("text", "", "SLA", "服务等级\n协议")]


def test_tables_by_row_with_merged_cells() -> None:
    parsed = read(
        "<table><caption>价格</caption><thead><tr><th>套餐</th><th colspan=2>费用</th></tr></thead>"
        "<tr><td rowspan=2>基础</td><td>月</td><td>9 元</td></tr><tr><td>年</td><td>99 元</td></tr></table>"
    )
    header = "套餐 | 费用 | 费用"
    assert seen(parsed) == [
        ("text", "", "", "价格"),
        ("table", "", header, "基础 | 月 | 9 元"),
        ("table", "", header, "基础 | 年 | 99 元"),
    ]
    assert header in parsed.text


def test_a_first_row_of_names_is_a_header_and_a_layout_table_is_no_table() -> None:
    parsed = read(
        "<table><tr><td>Plan</td><td>Price</td></tr><tr><td>Basic</td><td>9</td></tr></table>"
        "<table role=presentation><tr><td><p>One text.</p></td><td><p>Another.</p></td></tr></table>"
    )
    assert seen(parsed) == [
        ("table", "", "Plan | Price", "Basic | 9"),
        ("text", "", "", "One text."),
        ("text", "", "", "Another."),
    ]


def test_faq_and_case_tables_are_entries() -> None:
    parsed = read(
        "<table><tr><th>问题</th><th>答案</th></tr><tr><td>能开发票吗</td><td>可以。</td></tr></table>"
        "<table><tr><th>现象</th><th>原因</th><th>解决方案</th></tr><tr><td>黑屏</td><td>断电</td><td>插电</td></tr></table>"
    )
    assert seen(parsed) == [
        ("faq", "", "能开发票吗", "可以。"),
        ("case", "", "", "现象：黑屏\n原因：断电\n解决方案：插电"),
    ]
    assert "能开发票吗\n可以。" in parsed.text


def test_nested_lists_and_inline_markup() -> None:
    parsed = read("<ol><li>First <a href=x>link</a><ul><li>sub</li></ul></li><li><p>Second</p><p>more</p></li></ol>")
    assert [text for *_, text in seen(parsed)] == ["First link", "sub", "Second", "more"]
    assert parsed.text == "1. First link\n  - sub\n2. Second\n  more"
    assert {block.group for block in parsed.blocks} == {0}


def test_bold_paragraphs_are_headings() -> None:
    parsed = read("<p><strong>联系方式</strong></p><p>电话 400。</p><p><b>注意：</b></p>")
    assert seen(parsed)[0] == ("text", "联系方式", "", "电话 400。")
    assert seen(parsed)[1][3] == "注意："


def test_a_page_without_text() -> None:
    with pytest.raises(ParseError) as caught:
        read("<nav><a href=/>Home</a></nav><script>1</script>")
    assert caught.value.code == "empty"
