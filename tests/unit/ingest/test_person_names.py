"""Names of people in labelled columns, after labels and in signatures."""

from __future__ import annotations

import pytest

from ingest import mask
from ingest.parse import parse
from ingest.personal import find


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("报修人：何雨桐，电话另附。", ["何雨桐"]),
        ("联系人: 欧阳静怡 女士", ["欧阳静怡"]),
        ("客戶姓名：鄭凱文", ["鄭凱文"]),
        ("Requester: Ines Duarte; Model: K3", ["Ines Duarte"]),
        ("Assigned to: Peter van Dam\nDone.", ["Peter van Dam"]),
        ("请更换滤网。\n\n此致\n敬礼！\n韩立冬\n客服部", ["韩立冬"]),
        ("Please use belt LB-8.\n\nKind regards,\nOlga Brandt\nSupport", ["Olga Brandt"]),
        ("Thanks,\nOlga", ["Olga"]),
        ("作者：高婷。高婷负责本手册。", ["高婷", "高婷"]),
        ("客服：在线客服", []),
        ("负责人：待定", []),
        ("Contact: Support Team", []),
        ("Engineer: see Table 4", []),
        ("谢谢\n配送时间为三天。", []),
        ("Owner's manual: Wren Drill", []),
    ],
)
def test_who_is_named(text: str, names: list[str]) -> None:
    assert [text[one.start : one.end] for one in find(text, ["name"])] == names


def test_a_column_of_people_is_masked_wherever_they_are_named() -> None:
    source = "| 工单 | 报修人 | 备注 |\n|---|---|---|\n| 7 | 何雨桐 | 何雨桐已自行重启 |\n| 8 | Ines Duarte | 等待配件 |\n"
    parsed = parse(source.encode(), filename="a.md", mime_type=None)
    made = mask.mask(parsed, "t", ["name"])
    assert "何雨桐" not in str(made) and "Ines" not in str(made)
    assert made.counts == {"name": 3}
    assert made.parsed.text.count("⟦name⟧已自行重启") == 1
