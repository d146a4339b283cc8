"""What a Chinese message lacks to be understood alone."""

from __future__ import annotations

import re
from typing import Literal

from rag.text.tokens import words

Lack = tuple[Literal["open", "follow_up"], str]


def _any(listed: str) -> str:
    return "|".join(sorted(set(listed.split()), key=lambda one: (-len(one), one)))


# Stands for something that was named before. `这个月` names a time, `这样` after 怎么 is the speaker's own.
_POINTS = re.compile(
    r"它们?|(?:这|那)(?:个|款|种|台|部|些|项|条|步|类|套|张|件|只|两[个款种台]|几[个款种台]|样|里|边"
    r"|儿)(?!月|星期|礼拜|周|季度|年|时候|店|页面)"
    r"|(?:前|后)者|上述|上面|前面|刚才|之前(?:说|提)|前一个|上一[个条步]|下一[个条步项]|另一[个款种台]"
    r"|同样|一样[吗么呢]|其余|其中|后面(?:呢|的|那)"
    r"|(?:别|其他|其它)的?(?:呢|有|吗|方[法式]|办法|型号|颜色)|还有(?:别|其他|其它|什么|哪些|没有|吗)"
)
_PLACE = re.compile(r"第[一二三四五六七八九十\d]+[个条步项点种款](?!月|工作日|小时|星期|季度)|最后一?[个条步项点种款]")
_LONG = 24  # characters
_OPENS = re.compile(
    r"^(?:那么?(?![个款种台部些项条步类套张件里边儿样天年])|然后|还有|另外|以及|或者|可是|但是|不过|那如果"
    r"|如果是|要是|假如是|换成|换做|至于|再问一下|顺便问)(?:[,，\s]*)"
)
_MORE = re.compile(r"(?:呢|呐)[？?。!！]*$")
_ASKED = (
    "多少钱 多少 多久 多长时间 多长 多大 多重 多高 多远 多快 多宽 几天 几个 几次 几点 几年 几个月 几种 "
    "什么时候 什么 怎么样 怎么办 怎么 怎样 如何 为什么 为何 干嘛 "
    "哪里 哪儿 哪些 哪个 哪种 哪款 哪家 哪天 哪 谁 是否 能否 可否 可不可以 能不能 行不行 好不好 要不要 "
    "会不会 是不是 有没有 对不对 需不需要 咋 啥 何时"
)
_ASK = re.compile(_any(_ASKED + " 吗 么 呢"))
# Asks for a property or a way; of what has to be said.
_PROPERTY = (
    "价格 价钱 价位 费用 尺寸 大小 重量 颜色 容量 功率 规格 材质 型号 版本 区别 差别 不同 优点 缺点 好处 "
    "坏处 优势 原因 步骤 方法 流程 办法 方式 条件 要求 限制 范围 "
    "期限 时间 时长 有效期 日期 默认值 默认 最大值 最小值 上限 下限 数量 位置 名称 名字 含义 意思 例子 "
    "细节 详情 结果 影响 风险 精度 速度 功能 用途 作用 单价 总价 "
    "单位 格式 频率 次数 长度 宽度 高度 厚度 温度 比例 标准 特点 来源 效果 参数 情况 问题 地方 东西 选项 "
    "种类 类型 类别 方面 理由 依据 后果 前提 入口 链接 网址"
)
# Verbs that say nothing without their object.
_BARE_VERB = (
    "申请 操作 处理 解决 弄 做 办理 办 使用 支持 需要 收费 设置 打开 关闭 开启 启用 停用 安装 连接 下载 "
    "取消 更换 购买 买 修改 删除 添加 查看 查询 查 升级 更新 清洗 清洁 重置 "
    "恢复 调整 调 换 修 拆 装 关 开 充 用 拿 领取 领 选择 选 开通 激活 获取 获得 提交 填写 填 联系 找 看 "
    "说 讲 解释 介绍 推荐 知道 告诉 回答 举例 举 试 收 发 到 拿到 收到 "
    "实现 完成 进行 开始 结束 停止 继续 计算 算 配置 导出 导入 上传 保存 退出 切换 适用 适合 包括 包含 "
    "属于 存在 发生 影响 走 去 来 放 带 加 减 改 成功 失败 生效 有效 可行 "
    "免费 贵 便宜 好 快 慢 大 小 多 少 高 低 长 短 重 轻 新 旧 难 容易 简单 安全 方便 一样 正常 常见 "
    "重要 必要 必须 准确 靠谱 划算 合适"
)
_LIGHT = (
    "是 有 在 要 会 能 可以 可 想 得 的 了 着 过 地 吧 啊 呀 啦 嘛 哦 噢 哈 嗯 和 与 或 跟 把 被 给 对 "
    "从 到 于 为 以 就 都 也 还 又 再 才 只 很 太 最 更 比较 非常 特别 比 "
    "大概 大约 一般 通常 具体 详细 一下 一点 一些 一个 一种 一次 请问 请 麻烦 帮我 我 我们 你 你们 您 他 "
    "她 他们 自己 大家 人 个 些 次 种 步 每 全部 所有 分别 各 "
    "现在 目前 今天 明天 昨天 马上 立刻 直接 必须 一定 应该 可能 还是 如果 的话 不 没 没有 不能 不会 "
    "不可以 不行 无法 下 上 里 中 后 前 时 那 这 具体来说 呗 喔 对吧 是吧"
)
_EMPTY = frozenset(" ".join((_ASKED, _PROPERTY, _BARE_VERB, _LIGHT)).split())
_ASPECTS = frozenset(f"{_PROPERTY} {_BARE_VERB}".split()) - frozenset(
    "区别 差别 不同 原因 问题 情况 理由 弄 做 办 处理 解决 说 讲 解释 介绍 举例 举 看 试 拿 到 是 有 好 "
    "快 大 小 多 少 高 低 更 继续 知道 告诉 回答 推荐 选 选择 方面 地方 东西 办法 "
    "方法 方式 成功 失败 一样 正常 影响 可行 有效 行 能".split()
)
_VALUE_ZH = (
    "黑色 白色 红色 蓝色 绿色 灰色 银色 金色 粉色 黄色 紫色 橙色 大号 小号 中号 春天 夏天 秋天 冬天 冬季 "
    "夏季 晚上 白天 早上 下午 周末 节假日 工作日 "
    "国内 国外 海外 室内 室外 户外 线上 线下 安卓 苹果 个人 企业 学生 老人 儿童 月付 年付 单次 全部 部分"
)
_VALUE = re.compile(
    rf"(?:{_any(_VALUE_ZH)}|[a-z]*[\d.]+\s?[a-z%]*|[a-z]{{1,4}}[- ]?\d+[a-z]*(?: (?:pro|plus|max|mini|se"
    r"|ultra))?|[的版款型档元年月日天个号级] ?)+",
    re.I,
)
_FAILING = re.compile(
    r"^(?:还是|一直|总是|老是|就是|也|都|又|仍然|依然|怎么)*(?:.不[上了到开动出起着亮来通好掉进]|不行"
    r"|没反应|没用|没效果|没变化|不管用|不起作用|不亮|不工作|不灵|失败|报错)(?:了|啊|呀|呢|吗|怎么办|咋办"
    r"|怎么回事)?[!！。?？]*$"
)
_SUBJECTLESS = re.compile(
    r"^(?:大概|大约|一般|要|需要|得)?(?:几|多少|多)(?:天|久|长时间|个工作日|小时|分钟|个月|次)(?:内)?(?:能"
    r"|可以|会|才|就)?(?:到账|到|收到|生效|完成|处理完|审核|通过|好|寄到|出结果|恢复|有效|过期"
    r"|一次)[了呢啊吗]?[?？。]*$"
)
_PREDICATE = re.compile(r"[了不没无是能会要想在有被]|怎|如何|失败|报错|坏|断|丢|漏|闪|卡|掉线|离线")
_CONTEXT = re.compile(
    r"^(?:我们?|本人|家里|公司)(?:的?(?:手机|系统|型号|设备|版本|套餐)是|(?:用|买|装|订|选)的?是?"
    r"|有一?[个台款部]|在(?!.*[吗怎]))|^(?:型号|产品|版本|系统|手机)(?:是|为|[:：])"
)
_PUNCTUATION = re.compile(r"[\s,，。.!！?？、;；:：~～…“”\"'()（）]+")
_HAN_VERB_AFTER = re.compile(r"(?:怎么|如何|怎样|可以|能|要|想|会|需要|是否)")


def lacks(line: str) -> Lack | None:
    """What a message (on one line) lacks, None when it can be understood alone."""
    lack = _lacks(line)
    if lack is not None and lack[1] != "place" and len(line) >= _LONG:
        return "open", lack[1]  # it tells a story of its own, whatever its pronouns stand for
    return lack


def _lacks(line: str) -> Lack | None:
    lower = line.lower()
    opened = _OPENS.match(lower)
    rest = lower[opened.end() :] if opened else lower
    left = _topic(rest)
    if _PLACE.search(rest):
        return "follow_up", "place"
    if _POINTS.search(rest) and len(left) < 4:
        return "follow_up", "pronoun"
    if not left:
        return "follow_up", "topic"
    if _FAILING.match(rest) or _SUBJECTLESS.match(rest):
        return ("follow_up", "subject") if _FAILING.match(rest) else ("open", "subject")
    question = _ASK.sub("", rest) != rest.removesuffix("呢")
    if _MORE.search(rest) and not _asked(rest):
        return "follow_up", "verb"
    if _VALUE.fullmatch(_PUNCTUATION.sub(" ", rest).strip()):
        return "follow_up", "verb"
    if _CONTEXT.match(rest) and not _asked(rest) and not re.search(r"[不没无坏错]|想|要", rest):
        return "follow_up", "question"
    if opened and len(left) > 3:
        return None
    if opened:
        return ("follow_up", "opening") if not _asked(rest) and len(left) < 2 else ("open", "opening")
    if not question and not _PREDICATE.search(rest) and len(left) <= 2 and len(rest) <= 8:
        return "open", "verb"
    return None


def names_an_aspect(line: str) -> bool:
    """Whether it says which property or action it wants to know of what is not named."""
    terms = set(words(_POINTS.sub(" ", line)))
    return bool(terms & _ASPECTS) or bool(re.search(r"多(?:少钱|久|大|重|长|高|远|宽)", line))


def asks(line: str) -> bool:
    """Whether it asks or demands something."""
    return _asked(line) or bool(re.search(r"吗|^(?:请|帮|麻烦|我要|我想)", line))


def gives_context(line: str) -> bool:
    """Whether it only says what the next message is about: a bare noun, or what the customer has."""
    return bool(_CONTEXT.match(line)) or not _PREDICATE.search(line)


def _asked(line: str) -> bool:
    return bool(re.search(_any(_ASKED + " 吗"), line.rstrip("?？呢 ")))


def _topic(line: str) -> list[str]:
    """Words that are left when all is taken away that says nothing by itself."""
    return [word for word in words(_ASK.sub(" ", line)) if word not in _EMPTY]
