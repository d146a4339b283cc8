"""What pages say, in English and Chinese. A test holds both to the same names."""

from __future__ import annotations

from collections.abc import Mapping

Words = Mapping[str, str]

_EN: Words = {
    "name": "Xiansou",
    "try": "Try it",
    "console": "Console",
    "api": "API",
    "other_language": "中文",
    "skip": "Skip to the content",
    "try_title": "Ask your documents",
    "try_lead": "Every answer comes from a document in the library and cites the exact place. What the documents do not say, is not answered.",
    "behind": "Behind the answer",
    "behind_empty": "Ask something on the left. Here you see which passages were found, how sure the search is, what was checked, and how long each step took.",
    "step_1": "Search: the library is searched by meaning and by words, the best passages are compared closely.",
    "step_2": "Decide: may one of them answer? If not, it says so and offers a person.",
    "step_3": "Answer: in the documents' own words, or worded by your LLM and checked sentence by sentence.",
    "step_4": "Cite: every part of the answer leads to the place where it stands.",
    "server_title": "Your server's part, in Python, Node and PHP",
    "server_lead": "`xiansou keys create --name shop --scope query --origin https://www.example.com` makes the key.",
    "add": "Add a document and ask about it",
    "add_lead": "Drop files here, or choose some: Word, PDF, Excel, PowerPoint, Markdown, web pages, FAQ tables, mails, a zip. The next question sees them.",
    "choose": "Choose files",
    "embed": "Put the chat on your site",
    "embed_lead": "One line in your page. Your server hands each visitor a short-lived token; the key stays there.",
    "copy_text": "Copy",
    "key_title": "This service needs a key",
    "key_lead": "Enter a key to try it. It stays in this tab and is forgotten when you close it.",
    "key_label": "Key",
    "key_enter": "Use this key",
    "no_script": "This page needs JavaScript.",
}
_ZH: Words = {
    "name": "先搜",
    "try": "试一试",
    "console": "控制台",
    "api": "接口",
    "other_language": "English",
    "skip": "跳到正文",
    "try_title": "向您的文档提问",
    "try_lead": "每个答案都出自知识库中的文档，并标明准确出处。文档里没有的内容，不会作答。",
    "behind": "答案的由来",
    "behind_empty": "请在左侧提问。这里会显示命中了哪些段落、检索的把握有多大、逐句核对的结果，以及每一步的耗时。",
    "step_1": "检索：按语义和关键词查找，再对最相关的段落做精细比对。",
    "step_2": "判断：有没有段落能回答？没有就如实说明，并建议转人工。",
    "step_3": "作答：直接用文档原话；接入大模型时，由模型组织语言，再逐句核对。",
    "step_4": "引用：答案的每一部分都能点开，看到原文所在。",
    "server_title": "服务器端代码：Python、Node、PHP",
    "server_lead": "先创建密钥：`xiansou keys create --name shop --scope query --origin https://www.example.com`",
    "add": "添加文档，马上提问",
    "add_lead": "把文件拖到这里，或点击选择：Word、PDF、Excel、PPT、Markdown、网页、FAQ 表格、邮件或压缩包。下一个问题就能用上。",
    "choose": "选择文件",
    "embed": "放到您的网站上",
    "embed_lead": "页面里只需一行代码。由您的服务器为每位访客签发短期令牌，密钥不会进入浏览器。",
    "copy_text": "复制",
    "key_title": "需要密钥",
    "key_lead": "请输入密钥。密钥只保存在当前标签页，关闭后即清除。",
    "key_label": "密钥",
    "key_enter": "使用此密钥",
    "no_script": "此页面需要 JavaScript。",
}
WORDS: Mapping[str, Words] = {"en": _EN, "zh": _ZH}
