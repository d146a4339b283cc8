"""What a table's column holds, by the parts of its name: in Chinese (both scripts) and English."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.columns import mapped_role, names, normalise_name
from ingest.languages import parted

Role = str
"""One of `ingest.columns.ROLES`, or `weak answer` (text beside a question), `forbidden` (words that no customer is told),
`label` (a value to filter by), `person`, `priority`, `rating`, `record` (how a case was handled), ''."""

LEFT_OUT: frozenset[Role] = frozenset({"person", "priority", "rating", "record"})
"""Of a case table: who was concerned and how it was handled, which no customer should read."""

_WHO_ZH = (
    "客户|顾客|用户|买家|会员|联系|联络|收货|收件|寄件|报修|申请|提交|投诉|反馈|处理|受理|负责|责任|经办|跟进|指派|创建|更新|修改"
    "|审核|编辑|回复|服务|维修|发起|报告|记录|录入|登记|对接|值班|派单|接单|操作|建单|提单"
)
_WHO_EN = (
    "customer|client|user|contact|requester|reporter|reported|submitter|submitted|caller|agent|assignee|assigned|owner|author"
    "|creator|created|updated|modified|edited|reviewed|approved|resolved|closed|handled|engineer|technician|operator|employee"
    "|account|support|person|buyer|member|sender|recipient|complainant"
)
_PATTERNS: tuple[tuple[Role, str], ...] = (
    (
        "forbidden",
        r"(?:禁用|禁止|禁忌|错误|不当|违规|不可用|避免|勿用|不推荐|不能用)的?(?:使用的?)?(?:话术|说法|用语|回复|回答|词语?|表述|表达|答案)"
        r"|(?:不能|不要|不可以?|禁止|避免)(?:说|回复|回答|使用)的?(?:话|内容)?|红线(?:话术|用语)?|敏感词"
        r"|(?:forbidden|prohibited|banned|wrong|incorrect)(?:phrases?|words?|wordings?|scripts?|answers?|replies|responses?)?"
        r"|(?:donot|dont|never)(?:say|use|write|tell)|(?:what|words?|phrases?|things?)(?:not(?:to)?|toavoid)(?:say|use)?"
        r"|(?:internal|private|staff|agent|confidential)(?:only)?(?:notes?|comments?|remarks?|memos?|info(?:rmation)?|use)?(?:only)?"
        r"|(?:仅)?内部(?:备注|说明|注释|资料|信息|使用|参考|意见|记录|可见)?",
    ),
    (
        "similar questions",
        r"(?:相似|扩展|同义|其他|其它|类似|近似|更多|备选|等价|变体|别的|不同)的?(?:问题|问法|问句|问|句子?|说法|提问|表达)(?:列表|集合?)?"
        r"|问法|别名|同义句|(?:索引|index|indexes|indices)"
        r"|(?:similar|alternative|alternate|alt|other|variants?|more|additional|extended|equivalent|question)"
        r"(?:waysto(?:ask|say)(?:it)?|phrasings?|questions?|queries|wordings?|utterances?|variants?|variations?|forms?)"
        r"|variants?|variations?|alias(?:es)?|synonyms?|paraphrases?|phrasings?|alternatives?|similar|utterances?|trainingphrases?"
        r"|(?:also|alsoasked)as|alsoaskedas|waysto(?:ask|say)(?:it)?",
    ),
    (
        "question",
        r"(?:faq)?(?:标准|主|常见|常问|客户|用户|顾客|买家|典型|示例|例|高频|热门|会员|学员|核心|原始|咨询|提问|用户的?|客户的?)?"
        r"(?:问题|问句|提问|疑问|问法?|q)(?:标题|名称|内容|原文)?|(?:客户|用户|顾客|买家)(?:怎么|会|如何)?(?:问法?|咨询|提问)(?:什么)?|咨询(?:内容|问题)"
        r"|(?:faq|title|standard|main|primary|common|frequent(?:ly)?(?:asked)?|typical|customers?|users?|client|guest|sample|asked)*"
        r"(?:questions?|query|queries|enquiry|inquiry)(?:text|title|asked|name)?|q|faq|what(?:the)?customers?asks?|customerasks|(?:users?|customers?|clients?|callers?|visitors?|guests?|patients?|members?)(?:says?|messages?|asks?|wants?(?:toknow)?)|prompt",
    ),
    (
        "answer",
        r"(?:标准|参考|推荐|建议|官方|客服|统一|正确|最佳|人工|机器人|系统|对外|优选|应对|快捷|自动|知识点?|faq)*"
        r"(?:答案|回答|答复|解答|回复|话术|应答|答法|口径|回应|答)(?:内容|正文|文本|话术|口径|详情|语)?|解释话术"
        r"|(?:standard|suggested|recommended|official|approved|our|agents?|model|reference|faq|support|full|short|long|text|bot|canned|chatbot|auto)*"
        r"(?:answers?|reply|replies|responses?|scripts?)(?:text|body|content|html|given|tocustomers?)?|a|whattosay|(?:what)?we(?:say|answer|reply)|(?:bot|agent)(?:says|answers|replies)|completion",
    ),
    (
        "resolution",
        r"(?:解决|处理|排除|处置|应对|修复|排查|改进|改善|纠正|维修|整改|补救|临时|最终|推荐|建议|故障处理|故障排除|具体)的?"
        r"(?:方案|方法|办法|措施|步骤|过程|建议|结果|结论|意见|对策|方式|流程|说明|手段|经过|操作)|对策|解法|修复|处理|怎么(?:解决|处理|办)|如何(?:解决|处理)"
        r"|(?:corrective|operator|required|technician|recommended|suggested|remedial|repair|possible|final|proposed|preventive|immediate)*"
        r"(?:actions?|measures?|solutions?|resolutions?|remed(?:y|ies)|fix(?:es)?|workarounds?|countermeasures?)"
        r"(?:taken|steps?|details?|provided|description|notes?|text|totake)?"
        r"|howto(?:fix|solve|resolve|repair)(?:it)?|whattodo|troubleshooting(?:steps?)?",
    ),
    (
        "cause",
        r"(?:可能|故障|问题|根本|产生|主要|直接|失败|异常|报错|潜在|常见)*的?(?:原因|成因|起因|根因)(?:分析|说明|描述|定位)?"
        r"|(?:问题|故障|原因|根因)(?:分析|定位|诊断)|诊断(?:结果|结论)?"
        r"|(?:possible|probable|likely|root|underlying|main|potential|common)*(?:causes?|reasons?|diagnos[ie]s)(?:analysis|description)?"
        r"|(?:rootcause)?analysis",
    ),
    (
        "symptom",
        r"(?:故障|问题|异常|报错|错误|报警|告警|不良|投诉|用户|客户|顾客|案例|事件|报修|反馈|工单)*的?(?:现象|描述|症状|表现|反馈)(?:描述|内容|情况)?"
        r"|(?:故障|报错|错误|异常|投诉|报修|事件)(?:内容|信息|情况|提示|详情)|问题详情"
        r"|(?:problem|issue|fault|error|incident|customer|user|case|ticket|trouble|complaint)*"
        r"(?:symptoms?|descriptions?|problems?|issues?|faults?|errors?|alarms?|complaints?|failures?|malfunctions?)(?:description|details?|messages?|text|seen)?",
    ),
    (
        "title",
        r"(?:案例|问题|故障|工单|文章|知识|事件|分段|段落|异常|报警|错误)?(?:标题|名称|主题)|意图名?称?|案例"
        r"|(?:article|case|ticket|issue|fault|error|problem|section|alarm|incident|document|page)?(?:titles?|subjects?|summary|headline|topicname)"
        r"|case|(?:fault|error|alarm|problem|issue)name",
    ),
    (
        "rating",
        r"(?:客户|用户|服务|顾客)?(?:满意度?|评分|评价|好评度?|打分)(?:评分|等级|结果|分数)?|星级"
        r"|(?:customer|user)?(?:csat|nps|ces|satisfaction|ratings?|stars|feedbackscore|surveyscore)(?:score|rating|level|result)?|score",
    ),
    (
        "priority",
        r"(?:工单|问题|处理)?(?:优先级?别?|紧急(?:程度|度|级别)?)|(?:ticket|case)?(?:priority|urgency)(?:level)?|sla(?:\w*)|优先",
    ),
    (
        "person",
        rf"(?:{_WHO_ZH})(?:人|人员|者|员|师|专员)?的?(?:姓名|名称|名字|名|昵称|账号|账户|帐号|id|编号|工号|代码|电话|手机|手机号|手机号码|号码"
        rf"|联系方式|联系电话|邮箱|邮件|地址|公司|单位|微信|qq|信息|资料)|(?:{_WHO_ZH})(?:人|人员|者|专员)|(?:维修|服务|审核|操作|编辑)员|处理工程师"
        r"|客户|顾客|用户|买家|会员|姓名|名字|称呼|昵称|联系方式|电话|电话号码|手机|手机号码?|座机|e?mail|电子?邮箱|邮箱|电子邮件|邮件地址"
        r"|地址|住址|家庭住址|(?:收货|联系|联络|详细|上门|安装|寄件)地址|身份证号?码?|微信号?|qq号?|坐席|客服|工程师|技术员|作者|公司|单位|生日|ip(?:地址)?"
        rf"|(?:{_WHO_EN})(?:by|to|for)?s?(?:first|last|full|display)?"
        r"(?:names?|emails?|emailaddress|mails?|phones?|phonenumber|telephone|tel|mobile|cell|address|ids?|contact|company|handle|username"
        r"|details?|info|by|to)?"
        r"|names?|(?:full|first|last|nick|user|given|family)name|surname|emailaddress|phone|phonenumber|telephone|tel|mobile|cellphone|cell"
        r"|(?:street|home|mailing|postal|shipping|billing|delivery)?address|street|zip(?:code)?|post(?:al)?code|company|organi[sz]ation"
        r"|ipaddress|birthday|dateofbirth|contacts?|whatsapp|wechat",
    ),
    (
        "record",
        r"(?:订单|流水|合同|会话|任务|运单|快递|序列|设备序列|机身|通话|录音|发票|退款|交易)(?:号码?|编号|单号|id|号)|sn码?"
        r"|(?:order|serial|conversation|session|chat|call|external|internal|account|invoice|transaction|tracking|data|record|row|parent|group)"
        r"(?:id|no|number|key|ref)|sn|serial|uuid|guid|(?:处理|响应|通话|解决|首次响应|关闭)(?:时长|耗时|用时)|耗时|时长"
        r"|(?:first)?(?:response|handling|handle|resolution|reply|wait)time|duration|timespent|浏览量?|点击[数量]|点赞数?|阅读量|views|clicks|likes|votes?",
    ),
    (
        "label",
        r"(?:一级|二级|三级|四级|知识|所属|业务|服务|产品|问题)?(?:分类|类目|类别|目录|标签|大类|小类|科目|模块)|标签|关键[词字]|部门|所属部门|(?:业务|咨询|使用|对话|服务)?场景|渠道|来源|严重(?:程度|级别|性)"
        r"|影响程度|(?:故障|风险)(?:等级|级别)|是否(?:启用|有效|发布|公开|置顶)|启用|排序|权重|序|热度"
        r"|(?:sub|parent|main|top)?(?:categor(?:y|ies)|tags?|labels?|keywords?|topics?|department|group|team|channel|source|folder|section)"
        r"(?:name|level)?|severity(?:level)?|impact|enabled|active|is(?:active|enabled|published)|scenarios?|scenes?|sort(?:order)?|weight|order|rank|audience",
    ),
    ("weak answer", r"(?:分段|段落|文章|知识|正文)?(?:内容|正文|详情)|解释|content|body|bodytext|text|explanation|details?"),
)
_EXACT: dict[str, Role] = {
    name: role
    for role, spelled in (
        ("similar questions", names("alt question,alt questions,相似句,扩展问,同义问,问法")),
        (
            "question",
            names(
                "standard question,title question,faq,标准问,主问题,问,问题名称,问题标题,题目,"
                "知识点,知识点名称,知识点标题,触发词,触发问题,触发语,用户说"
                ",客户说"
                ",买家说"
                ",macro name,trigger"
            ),
        ),
        ("answer", names("answer text,faq answer,答,答案内容,回复内容")),
        ("symptom", names("description,error,案例描述,描述,报错信息,症状,issue,problem")),
        ("resolution", names("action,处理过程,解决措施,处理建议")),
        ("title", names("summary,case,主题,名称,案例")),
    )
    for name in spelled
}
_COMPILED = tuple((role, re.compile(pattern)) for role, pattern in _PATTERNS)
_STAFF = re.compile(
    r"(?:最[后近])?(?:创建|更新|修改|审核|编辑|录入|维护|提交|发布)(?:人|者|人员|员|人姓名)|作者"
    r"|(?:last)?(?:created|updated|modified|edited|reviewed|approved|published|changed|written|verified)by|(?:last)?(?:editor|author|creator|reviewer|approver)s?(?:name)?"
)
_HEAVY = re.compile(r"[一-鿿]{25}|[a-z0-9]{60}")


def role_of(name: str) -> Role:
    """What a column of this name holds, '' when its name says nothing of it; a mapping (`ingest.columns.mapped`) goes first."""
    if mapped := mapped_role(name):
        return mapped
    own = _role(normalise_name(name))
    if own:
        return own
    language, bare = parted(name)  # `question_zh`, `英文答案`: the language is no part of what a column holds
    return _role(normalise_name(bare)) if language else ""


@lru_cache(maxsize=4096)
def _role(plain: str) -> Role:
    if not plain or _HEAVY.search(plain):
        return ""
    if plain in _EXACT:
        return _EXACT[plain]
    return next((role for role, pattern in _COMPILED if pattern.fullmatch(plain)), "")


def is_staff(name: str) -> bool:
    """Whether the column says who wrote the row: no text of a FAQ."""
    return not mapped_role(name) and _STAFF.fullmatch(normalise_name(name)) is not None
