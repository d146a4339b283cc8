"""What an English message lacks to be understood alone."""

from __future__ import annotations

import re
from typing import Literal

Lack = tuple[Literal["open", "follow_up"], str]

_WORD = re.compile(r"[a-z0-9][a-z0-9'’._+/-]*", re.I)
_OPENS = re.compile(
    r"^(?:(?:ok(?:ay)?|yes|yeah|no|well|hmm|alright|right|great|thanks?(?: you)?)[,.! ]+)?"
    r"(?:and|or|but|so|then|also|plus|what about|how about|what if|as for|in that case|if so|if not|besides)\b[, ]*",
    re.I,
)
_LONG = 14  # words
# `it` that stands for nothing said before, and nouns of the speaker's own moment.
_IDLE = re.compile(
    r"\b(?:is|was|would|will|be|isn't) it (?:still |also |even |really )?(?:possible|safe|ok|okay|allowed"
    r"|legal|worth|free|normal|true|necessary|"
    r"better|hard|easy|difficult|too late|bad|fine|raining|snowing)\b(?= (?:to|for|that|if|when)\b)"
    r"|\bit (?:is|was|'s|would be|will be) (?:possible|safe|ok|okay|allowed|legal|worth|normal|necessary"
    r"|better|hard|easy|raining|cold|hot|dark)\b"
    r"|\b(?:does|do|will|did|would|can) it (?:take|cost|matter|mean)\b(?= \w+ (?:to|for|if)\b| (?:to|if"
    r"|when)\b)|\bit (?:takes?|costs?|rains?|snows?|says)\b"
    r"|\bthis (?:week|month|year|morning|afternoon|evening|weekend|time|summer|winter|site|website|app"
    r"|chat|shop|store|page|company|service)\b"
    r"|\bthese days\b|\bthose who\b|\bmake it (?:to|possible)\b|\bthat way\b|\bthis is (?:my|a|the)\b",
    re.I,
)
_POINTS = re.compile(
    r"\b(?:it|its|it's|they|them|their|theirs|he|him|she|her|these|those|this)\b"
    r"|\bthat(?=\s*[?.!,;]|\s*$|\s+(?:one|is|are|was|will|would|can|could|does|do|mean|work|cost|apply"
    r"|include|happen|help|too|also|be|for|in|with|thing)\b)"
    r"|\b(?:do|does|did|is|are|was|will|can|about|after|before|with|for|to|of|like|than|from|in|on|without"
    r"|why|use|doing) that\b(?! (?:i|my|we|you|the|a)\b)"
    r"|\b(?:the|that|this|which|another|other|first|second|third|last|next|previous|former|latter) ones?\b"
    r"|\bthe (?:former|latter|above|previous|others?|rest|same|(?:first|second|third|last|next)(?=\s*(?:[?.!]|$)))\b(?! \w+ "
    r"(?:of|for))"
    r"|\b(?:any|other|some|more) (?:other|others|options|alternatives|details|examples|information|info"
    r"|ways)\b|^(?:is|are) there (?:any |some )?(?:other|more|another)\b|\b(?:anything|something|what|who"
    r"|where|how) else\b"
    r"|\bother \w+\s*\??$|\b(?:there|here|one|every one)\s*[?.!]*$|^that's\b|\b(?:instead|either|as well"
    r"|same thing|likewise)\s*[?.!]*$",
    re.I,
)
_PLACE = re.compile(
    r"\b(?:step|option|item|point|bullet) (?:\d+|one|two|three|four|five|six)\b|\b(?:first|second|third"
    r"|fourth|fifth|last) (?:one|step|option|point|item)\b(?! (?:of|to|for|in)\b)",
    re.I,
)
_OWN_NOUN = re.compile(r"\b(?:my|our|your|the|a|an|any|some|each|every|no|two|three|\d+)\s+[a-z]|\b[A-Za-z]*\d[\w-]*\b", re.I)
_FUNCTION = (
    "a an the and or of in on at to for from by with as is are was were be been being am do does did "
    "doing has have had having i me my mine we us our "
    "ours you your yours he she it its they them their this that these those there here what which who "
    "whom whose when where why how can could will "
    "would shall should may might must if then than so such but into about over under up down out off "
    "again any some all both each not no yes "
    "don't doesn't didn't can't cannot won't isn't aren't wasn't i'm i've i'd i'll it's that's what's "
    "there's let's ok okay please just also too only "
    "even still already yet very really much many more most less least few lot lots else other another "
    "same different one ones ever never always "
    "usually often sometimes maybe perhaps exactly actually anyway well now today tomorrow right away "
    "immediately soon later first second third next last "
    "per every because since while until during between through after before like"
)
_GENERIC = (
    # verbs that say nothing without their object, and judgements
    "get got getting go going want wants need needs needed use using used make makes made take takes "
    "took taken work works working worked happen happens "
    "happened mean means meant know tell say says said show give gives given explain describe elaborate "
    "help find found see look looking try tried think "
    "do done put set come comes came keep keeps let start started stop stopped begin end ends finish "
    "change changed changes cancel enable disable install "
    "uninstall remove delete add edit update upgrade buy purchase choose pick select apply open close "
    "turn switch check fix solve handle manage "
    "support supports supported include includes included require requires required contain apply "
    "applies exist last lasts run runs cost costs costing pay "
    "clarify compare differ recommend suggest suggested recommended prefer decide possible available "
    "allowed necessary safe free good better best bad worse worst "
    "cheap cheaper cheapest expensive easy easier hard harder difficult fast faster slow slower big "
    "bigger large larger small smaller long longer short "
    "shorter old new popular important common main typical normal similar useful true sure able worth enough "
    # properties, of something
    "price prices pricing size sizes weight colour colours color colors dimensions capacity height width "
    "length depth speed range accuracy difference "
    "differences limit limits deadline duration requirement requirements option options type types kind "
    "kinds step steps reason reasons fee fees amount number "
    "name names example examples detail details information info advantage advantages disadvantage "
    "disadvantages benefit benefits pros cons way ways method "
    "methods process procedure rule rules condition conditions exception exceptions part parts thing "
    "things stuff case cases time times day days week weeks "
    "month months year years hour hours minute minutes long place people person anyone someone everyone "
    "something anything everything nothing version versions "
    "model models feature features function functions purpose use point cause causes effect effects "
    "result results answer question meaning definition maximum "
    "minimum average default total rate age level"
)
_EMPTY = frozenset(_FUNCTION.split()) | frozenset(_GENERIC.split())
_ASPECTS = frozenset(
    "price prices pricing size sizes weight colour colours color colors dimensions capacity height width "
    "length depth speed range accuracy limit limits deadline duration "
    "requirements fee fees version versions model models feature features cost costs install uninstall "
    "enable disable update upgrade buy order reset connect cancel "
    "charge clean replace return delete remove set setup warranty battery work works support supports".split()
)
_QUESTION = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|please|sorry|excuse me|quick question|one more question|by the way|btw"
    r"|actually|speaking (?:of|about) \w+)[,:.! ]+)*"
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|will|would"
    r"|should|shall|may|must|have|has|had|am|"
    r"isn't|aren't|don't|doesn't|didn't|can't|couldn't|won't|what's|where's|how's|who's|when's|any)\b",
    re.I,
)
_ORDER = re.compile(
    r"^(?:please |kindly )?(?:tell|explain|show|give|describe|list|compare|help|add|create|set|make|change"
    r"|cancel|delete|remove|install|connect|reset|raise|"
    r"send|find|let|name|talk|clarify|elaborate|define|view|update|enable|disable)\b",
    re.I,
)
_SUBJECT = re.compile(r"\b(?:i|we|my|our|i'm|i've|i'd|you|he|she|they|it|there)\b", re.I)
_VERB = re.compile(
    r"\b(?:is|are|was|were|am|isn't|aren't|wasn't|doesn't|don't|didn't|can't|cannot|won't|does|do|did|has"
    r"|have|had|keeps?|shows?|says?|stopped|stops|fails?|failed|"
    r"broke|broken|lost|disconnects?|disconnected|crashes|crashed|charged|received|arrived|drops?|dropped"
    r"|will|would|should|could|can|need|want|wants?)\b",
    re.I,
)
_VALUE = re.compile(
    r"(?:(?:in|for|with|on|the|a|at|to|from|per|under|over|without)\s+)?"
    r"(?:[a-z]{0,6}-?\d[\w.%-]*(?: ?(?:gb|tb|mb|mm|cm|kg|g|v|w|inch|inches|euros?|dollars?|months?|years?"
    r"|days?|hours?))?(?: (?:pro|plus|max|mini|se|ultra|lite))?"
    r"|black|white|red|blue|green|gr[ae]y|silver|gold|pink|yellow|purple|orange|brown|small|medium|large"
    r"|xl|winter|summer|spring|autumn|night|"
    r"android|ios|iphone|ipad|windows|mac|macos|linux|indoors?|outdoors?|monthly|yearly|annual(?:ly)?|both"
    r"|neither|weekends?|holidays)",
    re.I,
)
_PREPOSITION = re.compile(
    r"^(?:in|for|with|on|at|from|without|under|during|after|before|by|to|via|through|outside|inside|except)\b", re.I
)
_FAILING = re.compile(
    r"^(?:(?:still|just|it|always|also)\s+)*(?:won't|wont|doesn't|doesnt|does not|can't|cant|cannot|can "
    r"not|didn't|not|isn't|no longer|keeps?|fails?|stopped|stops)\b",
    re.I,
)
_GIVEN = re.compile(
    r"^(?:(?:i|we) (?:have|own|use|bought|got|am using|are using|am in|are in|am on|live in|am from)"
    r"|(?:i'm|we're) (?:using|in|on|from)|"
    r"it's|it is|mine is|my (?:model|version|plan|phone|device|system|country|router|app) is) "
    r"(?!.*\b(?:problem|issue|trouble|error|not|but)\b)",
    re.I,
)
_ANY = re.compile(r"^(?:is there |are there |do you have )?any\b(?! (?:chance|idea|way))", re.I)


def lacks(line: str) -> Lack | None:
    """What a message (on one line) lacks, None when it can be understood alone."""
    lack = _lacks(line)
    if lack is not None and lack[1] != "place" and len(line.split()) >= _LONG:
        return "open", lack[1]  # it tells a story of its own, whatever its pronouns stand for
    return lack


def _lacks(line: str) -> Lack | None:
    opened = _OPENS.match(line)
    rest = line[opened.end() :] if opened else line
    left = topic(rest)
    if _PLACE.search(rest):
        return "follow_up", "place"
    if _points(rest):
        return "follow_up", "pronoun"
    if not left:
        return "follow_up", "topic"
    if _VALUE.fullmatch(rest.strip(" ?.!")):
        return "follow_up", "verb"
    if _FAILING.match(rest):
        return "follow_up", "subject"
    if _GIVEN.match(rest) and "?" not in rest:
        return "follow_up", "question"
    if _ANY.match(rest) and len(left) <= 2 and not _SUBJECT.search(rest.partition(" any")[2] or rest):
        return "follow_up", "subject"
    whole = bool(_QUESTION.match(rest) or _ORDER.match(rest) or _SUBJECT.search(rest))
    if opened:
        return ("open" if whole else "follow_up", "opening")
    if _PREPOSITION.match(rest) and not _SUBJECT.search(rest) and not _VERB.search(rest):
        return "follow_up", "verb"
    if not whole and not _VERB.search(rest) and len(left) <= 2:
        return "open", "verb"
    return None


def names_an_aspect(line: str) -> bool:
    """Whether it says which property or action it wants to know of what is not named."""
    terms = {match.group().lower() for match in _WORD.finditer(line)}
    return bool(terms & _ASPECTS) or bool(
        re.search(r"\bhow (?:much|heavy|big|long|loud|far|fast|old|large|wide|tall|deep)\b", line, re.I)
    )


def asks(line: str) -> bool:
    """Whether it asks or demands something."""
    return bool(
        _QUESTION.match(line)
        or _ORDER.match(line)
        or re.match(r"^(?:i (?:want|need|would like|'d like)|i'd like|please)\b", line, re.I)
    )


def gives_context(line: str) -> bool:
    """Whether it only says what the next message is about: a bare noun, or what the customer has."""
    return bool(_GIVEN.match(line)) or not _VERB.search(line)


def topic(line: str) -> list[str]:
    """Words that are left when all is taken away that says nothing by itself."""
    words = (match.group().lower().replace("’", "'").strip("'.-/") for match in _WORD.finditer(line))
    return [word for word in words if word and word.removesuffix("'s") not in _EMPTY]


def _points(line: str) -> bool:
    """Whether a pronoun stands for something that this message does not name before it."""
    bare = _IDLE.sub(lambda m: " " * len(m.group()), line)
    match = _POINTS.search(bare)
    if match is None:
        return False
    before = line[: match.start()]
    named = _OWN_NOUN.search(before) is not None and len(topic(before)) > 0
    return not named or bool(
        re.fullmatch(r"(?:step \d+|.*\bones?|the (?:former|latter|above|previous|same|others?))", match.group(), re.I)
    )
