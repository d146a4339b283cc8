"""Words that the gate knows, in both languages: operators, words that say the same, words that say little."""

from __future__ import annotations

import re

from rag.library.tokens import stem

# -- operators: words of which one more or less, or another one in its place, makes another meaning ----------------------

_OPERATORS = {
    "not": "not|no|never|cannot|nor|neither|none|nobody|nothing|nowhere|hardly|n't|不|没|没有|无|未|勿|请勿|别|非|莫|不再"
    "|not any|no longer|no more|不能|不可|不可以|不得|不能够|不准|不许|不允许|禁止|严禁|不会|不予|不行|无法|不支持|not possible|unable to|not able to"
    "|is unable|cannot be|not allowed|not permitted|must not|mustn't|may not|not available|unavailable|prohibited|forbidden|excluded|are excluded"
    "|is excluded|invalid|void|不包括|不属于|不受理|不适用|不在|无效|不收取",
    "avoid": "avoid|避免|尽量不要",
    "stop": "stop|stopped|stops|cease|ceased|discontinue|discontinued|停止|已停止|暂停|中止|停用|已停用|不再提供",
    "fail": "fail|fails|failed|失败",
    "refuse": "refuse|refused|reject|rejected|deny|denied|拒绝|拒收",
    "danger": "dangerous|danger|危险",
    "without": "without|不带|不含|无须~",
    "neednot": "无需|无须|不用|不需要|不必|不需|need not|needn't|no need to|not need to|not have to|not required|is not required"
    "|not necessary|unnecessary|没必要|没有必要|毋需",
    "exclude": "exclude|excludes|excluding",
    "instead": "instead of|rather than|而不是|代替|instead",
    "except": "except|except for|apart from|other than|with the exception of|but not|aside from|除|除了|除外|除去",
    "unless": "unless|除非",
    "only": "限|only|solely|exclusively|just for|只|仅|仅限|只限|只有|只能|只会|唯一|仅仅|才|才能|才会|不仅限",
    "if": "if|provided|provided that|as long as|so long as|once|in case|in the event|assuming|when|whenever|如果|若|如|假如|倘若|要是|只要|一旦|的话|当|凡"
    "|万一|只需|在…时",
    "until": "until|till|直到|为止|截至|截止",
    "before": "before|prior to|earlier than|之前|以前|前",
    "after": "after|following|之后|以后|后|later than",
    "since": "since|starting|as of|effective|自|自从|起执行|as from",
    "while": "during|while|期间",
    "le": "up to|at most|no more than|not more than|maximum|maximum of|a maximum of|max|at the most|max.|not exceed|must not exceed|may not exceed"
    "|within|inside|no later than|不超过|不得超过|至多|最多|不多于|不高于|以内|之内|内|上限|最大|最高|最长|≤|以下|不大于|not exceeding|or less|or fewer|or below"
    "|fewer than or equal|capped at|limited to|封顶|最晚|不得高于",
    "lt": "less than|under|below|fewer than|lower than|低于|小于|少于|不足|不到|不满|<",
    "ge": "at least|minimum|minimum of|a minimum of|min|no less than|not less than|no fewer than|or more|or newer|or higher|or faster|or above|or later|or better"
    "|至少|最少|不少于|不低于|以上|起|≥|大于等于|starting at|starting from|start from|starts from|starts at|from only|不小于|及以上|or longer|reaches|reach|达到|满"
    "|不得低于|不得少于|最低|最短",
    "gt": "more than|over|above|exceed|exceeds|exceeding|greater than|higher than|longer than|超过|高于|大于|多于|超出|>|exceeded",
    "approx": "about|around|approximately|roughly|approx|approx.|circa|nearly|almost|some~|约|大约|左右|大概|约为|上下|将近|差不多|estimated|预计",
    "usually": "usually|normally|typically|generally|often|on average|average|平均|一般|通常|往往|经常|常常|正常情况下|一般情况下|正常",
    "seldom": "rarely|seldom|偶尔|很少|有时|sometimes|occasionally",
    "always": "always|guaranteed|guarantee|guarantees|certainly|in all cases|in any case|automatically|always be|总是|一定|任何情况下|绝对|永远|始终|一律|保证|必定|肯定|自动|任何时候"
    "|at any time|at all times|immediately|instantly|永久|permanently|forever|for good|for ever",
    "all": "all|every|any|both|entire|each and every|所有|全部|一切|全体|任何|每个|每位|凡是|全都|整个",
    "some": "some|several|certain|few|a few|部分|有些|某些|一些|若干|少数|个别|partially|partly|in part",
    "most": "most|majority|the majority of|mostly|大多数|大部分|多数|多半|largely",
    "must": "must|have to|has to|need to|needs to|required|require|requires|is required|are required|shall|has to be|have to be|必须|须|务必|必需|应当|需要|需|须要|应|应该"
    "|得要|强制|mandatory|obligatory|had to|will have to|you'll have to|需先|要求",
    "can": "can|may|could|might|able to|is able to|possible|allowed|permitted|allow|allows|be able to|available|可以|可|能|能够|允许|得以|也许|可能|supported",
    "should": "should|recommend|recommended|ought to|advise|advised|suggest|建议|推荐|最好|宜",
    "new": "new|newest|新|首次|first-time",
    "old": "old|former|formerly|previous|previously|used to|原|旧|原来|曾经|此前|先前",
    "more": "after that|thereafter|each further|each additional|每增加|之后每|此后每|超出后每|超出部分每|再每|additional|extra|further|额外|更多|另外",
    "firstof": "whichever comes first|whichever is first|whichever happens first|whichever occurs first|以先到者为准|先到者为准|哪个先到算哪个|先到先算|以先到为准"
    "|whichever comes earlier|whichever is earlier|以先达到者为准",
    "half": "half|半|一半|减半|五折|半价|对半",
    "same": "the same|identical|相同|同样|一样",
    "up": "rose|rise|rises|increase|increased|raised|increases|上升|增加|提高|上涨|升",
    "down": "fell|fall|falls|decrease|decreased|reduce|reduced|lowered|dropped|drops|drop|下降|降低|减少|降至|降|立减|减",
}
OPERATORS: dict[str, str] = {}
for _key, _told in _OPERATORS.items():
    for _word in _told.split("|"):
        OPERATORS.setdefault(_word, _key)

# -- words that say the same -------------------------------------------------------------------------------------------

_SAME = """
free|free of charge|at no charge|at no cost|no charge|without charge|for free|complimentary|no extra cost|at no extra cost|免费|免|免收|不收|不收费|不用付费|不要钱|无需付费|免除|包邮|不用付
cost|price|priced|sells for|sell for|sold for|is billed|billed|pricing|comes to|set you back|价格|售价|价钱|定价|费用|收费|多少钱|卖|价位|金额|收
deduct|扣除|扣掉|减去|扣去|扣|subtract|subtracted
roundtrip|往返|来回
groundless|无故|没有正当理由|无正当理由|without good reason|without reason|without a reason
fare|运费|邮费|快递费|shipping cost|shipping fee|postage
view|watch|viewable|look at|see|seen|look up|looked up|查看|观看|看|回看
delete|remove|erase|wipe|clear|take out|pull out|take off|detach|deleted|deletes|取出|取下|拿出|拔出|清除|清掉|清空|删除|抹掉|删掉|移除|清
keep|retain|store|save|kept|saves|stores|保存|存|留存|保留|仍保留|留|留在|还在|仍在|不变|保持不变|不受影响|unaffected|unchanged|untouched
choose|pick|select|opt|选择|选|挑选|挑
press|push|tap|click|hit|点击|点|点按|轻触|轻点|按下|单击
hold|hold down|press and hold|keep pressing|keep holding|按住|长按
release|let go|松手|松开|放手|放开
ship|dispatch|despatch|send out|发货|发出|寄出|shipped
deliver|delivery|arrive|arrives|delivered|送达|送到|到货|配送|派送
send|寄|发送|寄到|寄往
return|send back|give back|bring back|returned|退货|退回|退还|退|退换
refund|reimburse|money back|refunded|退款|pay back|退钱
buy|purchase|bought|purchased|购买|买|加购|选购|购
modify|change|edit|alter|adjust|修改|更改|改|变更|调整
enter|type|type in|input|key in|fill in|输入|填写|填|键入
turnoff|turn off|switch off|power off|shut off|shut down|power down|turned off|switched off|turns off|switches off|turns itself off|switches itself off|关机|关闭|关掉|停机
turnon|turn on|switch on|power on|turned on|switched on|turns on|switches on|activate|enable|开机|开启|启动|启用
unplug|disconnect|拔掉|断开|拔下
begin|start|commence|began|started|begins|starts|开始
expire|run out|lapse|lapses|runs out|到期|过期|失效
valid|good for|valid for|expire after|expires after|expires in|有效|有效期
cover|covered|保|管|赔|赔付|warranty|保修|质保|质保期|保修期|保障期|guarantee period
free_time|any time
email|e-mail|mail|mails|e-mails|邮件|电子邮件|邮箱
phone|telephone|call|电话|热线
parcel|package|shipment|包裹|快递
photo|picture|image|照片|图片|拍照
product|item|article|goods|merchandise|items|商品|产品|物品|货品
client|customer|clients|用户|顾客|客户
repair|fix|mend|修|维修|修理
problem|issue|trouble|问题
light|lamp|led|indicator|灯|指示灯|指示灯会
blink|flash|blinking|flashing|闪|闪烁
fast|quick|rapid|speedy|快
support|supports|compatible|works with|work with|支持|兼容|适配|适用
count|considered|treat as|treated as|regarded as|counts as|count as|seen as|is deemed|deemed|treated|consider|视为|属于|算|算作|视作
include|contain|come with|comes with|contains|包含|含|包括|含有|附带
branch|shop|store|outlet|门店|店铺|分店
mean|indicate|stand for|stands for|signal|denote|indicates|signals|means|表示|意味着|代表|说明|意思|含义
replace|swap|substitute|exchange|更换|换|调换|替换|换新|replacement
fill|top up|fill up|refill|top it up|注满|加满|装满|倒入|加入
put|place|insert|放|放入|插入|放进|装
cancel|call off|取消|撤销|撤回|cancellation
stayclosed|closed|shut|stays closed|stay closed|not open|close|closes|休息|不营业|不开|不开门|闭店|打烊|关门|停业
open|opens|opened|opening|go to|goes to|navigate to|head to|visit|进入|前往|打开|营业|开门|拆封|打开包装
limit|cap|limits|quota|限额|额度
password|passcode|密码|口令
immediate|right away|straight away|at once|马上|立即|立刻|即刻|当即
lose|lost|失去|丢失|丢|丢了
dependent|依赖
recipient|receiver|收件人|接收方
member|会员|成员
invite|invitation|邀请
invoice|bill|发票
deposit|押金|保证金
interest|利息
bear|承担|负担|自付|自己付|出钱
pay|paid|付|支付|付款|交|缴|缴纳|pays
collect|领取|领|claim
use|used|using|uses|使用|用|采用|拿
wash|水洗|清洗|冲洗|洗|用水冲|rinse|clean
battery|电池
screen|屏幕|屏
broken|破碎|碎裂|碎|破|裂|破损|破裂
month|monthly|每月|月付|按月|月|months
year|yearly|annual|annually|每年|年付|按年|年|years
day|daily|每天|每日|天|日|days
week|weekly|每周|周|weeks
hour|hourly|每小时|小时|hours
order|orders|订单|下单
bring|take along|带|携带|take
stay_in|入住|住
cats_dogs|pets|宠物
transfer|hand over|pass on|转让|转移|移交|transferred
work|function|operate|works|运行|工作
speed|速度|speeds
about_size|size
owner|所有者|车主|机主
first|首|第一
price_diff|difference|差价
wear|损耗
download|downloads|下载
upload|上传
record|recording|records|video|videos|footage|clip|clips|录像|录制|录|视频|片段
location|地点|位置
hot_water|热水
remember|记得|记住
apply|applies|适用于|apply to
return_period|退货期限|退货期|return period
business|working|工作日
request|requests|申请|请求
mill_gone|gone
unlimited|no limit|不限|无限制|没有限制|不限量
user|users
extend|prolong|extended|延长
quit|leave|leaves|离开|退出
accept|accepts|接受|接收
continuous|non-stop|连续|全天|全天连续|24/7|不间断|nonstop
workspace|工作空间
knowledge|知识库
auto|自动
photo_id|id
kid|child|children|kids|儿童|小孩|孩子
adult|adults|成人
student|students|学生
weekend|weekends|周末
weekday|weekdays|工作日内
monday|mondays|周一|星期一|礼拜一
tuesday|tuesdays|周二|星期二
wednesday|wednesdays|周三|星期三
thursday|thursdays|周四|星期四
friday|fridays|周五|星期五
saturday|saturdays|周六|星期六
sunday|sundays|周日|星期日|星期天|周天
yes|✓|√|✔
forget|forgotten|forgot|忘记|忘了
fewer_cost|cheaper|cost less|costs less|less expensive|便宜|cheaper by
restart|reboot|重启|重新启动
reset|恢复出厂|恢复出厂设置|重置|factory reset
camera|cameras|摄像机|摄像头
network|wifi|wi-fi|wlan
carry|load|承重|承载
weigh|weight|重|重量|weighs
noise|噪音|噪声
capacity|容量|hold up to
power|功率|功耗|power use|power consumption
length|时长
attach|attachment|attachments|附件
hand|人工
"""
PHRASES: dict[str, str] = {}
for _line in filter(None, _SAME.splitlines()):
    _first, *_rest = _line.split("|")
    for _word in (_first, *_rest):
        PHRASES.setdefault(_word, _first)

# -- words that say little ---------------------------------------------------------------------------------------------

FILLERS = (
    "keep in mind that|keep in mind|bear in mind that|bear in mind|please note that|note that|be aware that|make sure that|make sure|be sure to|for comparison"
    "|according to|based on|as per|in addition to|in addition|as well|at the same time|in order to|to do this|to do so|for this|it is possible to|up to the|in that case"
    "|in this case|as follows|such as|for example|of course|in particular|if you wish|if needed|as soon as possible~|at your own~|feel free to|go ahead and|for you|of yours"
).split("|")
# Words of a claim that may be missing where the rest is there: they add no more than that something is so.
LIGHT = frozenset(
    "order 订单 范围 pay appli show ask happen count temperatur amount period durat find contact simply find work apply reach need provide offer".split()
) | frozenset("温度 时间 时长 期限 金额 还 还要 部分 方可 分别 一共 同样 该 时间 情形 之内 共 各 个人".split())
FUNCTION = frozenset(
    (
        "a an the of in on at to for from by with as is are was were be been being am do does did doing has have had having i me my we our "
        "us you your he him his she her it its they them their this that these those there here which who whom whose what where why how "
        "will would if then next first than so such into out again also s t ll re ve d m please per via e g i.e itself themselves yourself however "
        "therefore thus because although though according let get gets got whether simply hence okay well as too per one's just still "
        "yet already even since own want wants like need needs whichever whatever upon onto off up down each one once another keep "
        "in order to be sure make sure note mind remember case way thing things mean means long much many how-long soon later stay stays stayed remain remains become becomes ask asks either whole now currently between among over under above below about "
        "go goes come comes take takes give gives given provide provided offer offers offered have using say says state states apply"
    ).split()
) - {"up", "down", "off", "keep", "take", "takes", "apply", "given", "later", "many", "provided", "remember", "means", "mean"}
JOINS = {"and": "and", "or": "or", "but": "but", "while": "but", "whereas": "but", "so": "so", "because": "because", "和": "and", "与": "and",
         "及": "and", "以及": "and", "或": "or", "或者": "or", "但": "but", "但是": "but", "而": "but", "不过": "but", "并": "and", "并且": "and", "且": "and",
         "因为": "because", "由于": "because", "因此": "so", "所以": "so", "as well as": "and", "&": "and", "nor": "nor", "though": "but",
         "since_": "because", "so that": "because", "in order that": "because", "due to": "because", "because of": "because", "为了": "because"}  # fmt: skip
FUNCTION_ZH = frozenset(
    "时先再打算则该的了在是均和与及或也都就而且并把被将会您你我他她它们这那其之于为对由向请吧呢吗啊呀嘛么很更还又则便即着地得个些该此所因但有让给到从时候进行上下里中等件本册张位条台款种名项份给会要想来去"
) - frozenset("上下中")  # fmt: skip
LIGHT_ZH = frozenset("然后 接着 随后 首先 需要 进行 可以 能够 相关 情况 一下 方面 方式 目前 现在 其中 这样 这个 那个 如下 以下 您的 我们 你们 他们 它们 这里 那里 之间 的时候 时候 期间 仍然 仍 依然 依旧 同时 此外 另外 直接 倒是 照样 也就是 就是 即可 就可 就能 就行 即".split())  # fmt: skip
# Characters that tell words of one kind apart: a word that differs in one of these is another word.
CONTRAST_ZH = frozenset("上下内外前后左右大小高低多少长短新旧早晚男女买卖进出入开关甲乙丙单双东西南北春夏秋冬年月日周天时分秒公私主次正负升降增减加快慢冷热红绿蓝黄白黑灰橙紫首末整半全部零不无非未没有可已每某父母夫妻原被债权国省市县区")  # fmt: skip


def canon_en(word: str) -> str:
    """What an English word is compared as."""
    known = PHRASES.get(word)
    if known is not None:
        return known
    return _STEMS.get(stem(word), stem(word))


_STEMS: dict[str, str] = {}
for _word, _first in PHRASES.items():
    if re.fullmatch(r"[a-z-]+", _word):
        _STEMS.setdefault(stem(_word), _first)
