"""Nouns of places and plans that names stand before, and the words before them that are no names."""

from __future__ import annotations

import re

_PLACES_ZH = (
    "服务中心 维修中心 体验中心 客服中心 服务网点 维修点 网点 中心 门店 分店 店 站 仓库 仓 校区 分公司 子公司 办事处 "
    "营业厅 展厅 馆 医院 院区 诊所 园区 分校 基地"
)
_PLANS_ZH = "套餐 会员 计划 版 型 款 卡 档"
_PLACES_EN = (
    "centre center store shop branch office clinic campus warehouse depot station showroom outlet gym studio library hotel "
    "restaurant "
    "terminal hospital school site location workshop island harbour harbor beach pier lodge"
)
_PLANS_EN = "plan edition tier package membership subscription licence license bundle"
ZH = {noun: place for place, nouns in ((True, _PLACES_ZH), (False, _PLANS_ZH)) for noun in nouns.split()}
EN = {noun: place for place, nouns in ((True, _PLACES_EN), (False, _PLANS_EN)) for noun in nouns.split()}

CAPITALS = re.compile(r"\b[A-Z]\w*\s+[A-Z][a-z]{2}")
PROPER = frozenset("ns nr nrt nrfg nt nz nsf".split())  # parts of speech of Chinese proper names
BINDS = frozenset("r m q p c u y uj ul ug f".split())  # pronouns, numerals, prepositions and the like: no part of a name
ANY_ZH = frozenset(
    "哪 哪个 哪些 哪家 这 这个 那 那个 各 每 每个 所有 全部 其他 其它 别的 什么 新 旧 老 最新 最近 附近 当地 本地 你们 我们 "
    "他们 咱们 贵 该 本 我 你 几 几个 多 多个 两 两个 一 一个 "
    "家 个 款 种 实体 线下 线上 网 官方 直营 加盟 连锁 专卖 旗下 同城 就近 当前 现在 目前 中文 英文 简体 繁体 网页 手机 电脑 "
    "桌面 移动 安卓 苹果 正式 测试 体验 试用 免费 付费 收费 完整 离线 在线 下载 更新 升级 "
    "不同 高 低 大 小 出 改 绝 再 原 初 模 类 典 小型 大型 新款 老款 旧款 付 退 收 借 贷 汇 打 办 充 会员 银行 信用 储蓄 "
    "电话 门禁 存储 内存 显 声 网 插 刷 一卡 客户 数据 购物 呼叫 新闻 个人 帮助 消息 用户 控制 任务 下载 维修 服务 售后 客服 "
    "体验".split()
)
ANY_EN = frozenset(
    "the a an any which what this that your our their my his her its each every other another some all no one new old main "
    "nearest closest local "
    "next service services call data help support repair training shopping contact delivery customer test head home online "
    "web app play book coffee "
    "post police gas bus train power medical health care central city town first second last best same different right wrong "
    "free paid basic "
    "current cheapest cheaper smallest biggest largest bigger smaller better upgrade change cancel payment family business "
    "annual monthly yearly data "
    "of in at to from for with by on near visit open is are was be does do did can and or mobile phone".split()
)
