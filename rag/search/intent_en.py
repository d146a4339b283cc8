"""English small talk, a piece of a message at a time, in small letters and without punctuation at its ends."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rag.domain import Intent

_HELLO = r"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)|morning)"
_WHOM = r"(?: (?:there|all|everyone|everybody|team|again|guys|folks|sir|madam|friend|bot|you|mate))*"
_WISH = (
    r"(?:please |pls |just |now |no |look |listen )*(?:(?:can|could|may|might|would|will) (?:i|you|we"
    r"|someone|somebody) (?:please |kindly |just )?|"
    r"(?:i|we) (?:just |really |still )?(?:want|wanna|need|wish|demand|insist|prefer|request|have|must"
    r"|would like|would prefer|would rather|'d like|'d rather|'d prefer|only want)(?: to| on)?(?: be)? ?|"
    r"i'd (?:like|rather|prefer)(?: to)?(?: be)? ?|(?:let|allow) me (?:to )?|is it possible to |any chance (?:i can|to|of) )?"
)
_DO = (
    r"(?:(?:talk|speak|chat|speaking|talking|chatting|talked)(?: directly| now)? (?:to|with)|(?:connect"
    r"|connected|transfer|transferred|put|patch|switch|pass|hand|forward|escalate|redirect)(?: me| us| "
    r"this| this chat| it)?(?: over| through)?(?: to| with)?|"
    r"(?:get|give|bring|send|find|call|fetch|ask for)(?: me| us)?|(?:contact|reach)(?= (?:an? "
    r"|some)(?:human|person|agent|manager|supervisor|one|body))|help from"
    r"|assistance from|someone like|want|need)"
)
_KIND = (
    r"(?:a |an |any |the |some |your |my |one of your |another |real |live |human |actual |proper |living "
    r"|customer |service |support |sales |technical |tech |duty |shift |store |senior |different |other "
    r"|qualified )*"
)
_PERSON = (
    r"(?:humans?(?: being)?|persons?|people|agents?|representatives?|reps?|someone(?: real| human| else| "
    r"in charge)?|somebody(?: real| human| else)?|managers?|supervisors?|operators?|advis[eo]rs?|"
    r"staff(?: member)?|employees?|customer (?:service|support|care)|support(?: team| agent| person| "
    r"staff)?|service team|boss|team member|member of (?:your )?(?:staff|the team)|specialist|consultant"
    r"|technician|helpdesk)"
)
_TAIL = (
    r"(?: (?:please|pls|now|right now|right away|immediately|asap|at once|directly|instead|here|today"
    r"|thanks|thank you|on the line|on the phone|for help|who can help(?: me)?|to help me|for (?:this"
    r"|that)|"
    r"(?:about|regarding|because of) (?:this|it|that|my [a-z]+(?: [a-z]+)?|an? [a-z]+(?: [a-z]+)?|the "
    r"[a-z]+)|and not (?:to )?a (?:bot|machine|robot)|not a (?:bot|machine|robot|computer)|from (?:your"
    r"|the) (?:team|company|store)))*"
)
_BAD = (
    r"(?:terrible|awful|horrible|useless|rubbish|garbage|trash|pathetic|disgusting|the worst|a joke|a scam"
    r"|a disgrace|unacceptable|ridiculous|outrageous|appalling|shameful|poor|bad|crap|shit|stupid|dreadful"
    r"|a rip ?off|not acceptable)"
)

WHOLE: Mapping[Intent, re.Pattern[str]] = {
    "person": re.compile(
        rf"(?:{_WISH}{_DO} {_KIND}{_PERSON}{_TAIL})|(?:(?:i|we) (?:just |really |only )?(?:want|need|demand"
        rf"|prefer|would like|'d like) {_KIND}{_PERSON}{_TAIL})|(?:(?:no |just |please |an? |get |real |live "
        rf"|human |actual |talk to |speak to )*{_KIND}(?:human|person|agent|representative|operator|real person"
        r"|live agent|live chat|human being|manager|supervisor|customer (?:service|support|care)|support agent"
        rf"|support team|humans?){_TAIL})"
        r"|(?:i (?:don't|do not|dont|no longer) want to (?:talk|speak|chat|deal)(?: to| with)? (?:a |an |this "
        r"|the |any )?(?:bot|robot|machine|computer|chatbot|ai)s?(?: any ?more)?)|(?:no (?:more )?(?:bots?"
        r"|robots?|machines?)(?: please)?)"
        r"|(?:(?:is|are) there (?:a |an |any |some )?(?:real |live |human |actual )*(?:human|person|agent"
        r"|people|humans|someone|anyone|somebody|representative|operator)s?(?: here| there| available| around"
        r"| online)?(?: (?:i|that i|who i|whom i) (?:can|could) (?:talk|speak|chat) (?:to|with)| who can "
        r"help(?: me)?| to (?:talk|speak) (?:to|with)))"
        r"|(?:(?:please |can you |could you |can someone |could someone |have someone |let someone |i want "
        r"someone to |i need someone to )+(?:please )?(?:call|phone|ring|contact) me(?: back)?(?: please| now"
        r"| today| asap)?)|(?:call me(?: back)?(?: please| now| asap)?)"
        r"|(?:(?:can|could) (?:someone|somebody) (?:real|human|from (?:your|the) (?:team|staff|company)) "
        r"(?:please )?(?:help|assist|call|contact) me)|(?:escalate(?: this| it)?(?: please| now)?)|(?:connect "
        r"me|transfer me|put me through)(?: please| now)?"
        rf"|(?:(?:please )?(?:let|make|have) {_KIND}{_PERSON} (?:call|contact|help|answer|talk to|ring) me)"
        rf"|(?:(?:can|could|may|will) {_KIND}(?:human|person|agent|representative|manager|supervisor|operator) "
        r"(?:please )?(?:help|assist|call|contact|answer|talk to) me(?: please| with this)?)"
    ),
    "complaint": re.compile(
        r"(?:(?:i|we) (?:want|need|would like|'d like|wish|have|am going|will|must) (?:to )?|i'd like to |i'm "
        r"going to |i am going to |let me )(?:make|file|lodge|submit|raise|register|send|place|log|issue"
        r"|report)? ?(?:a |an |this |my |another |formal |official |serious )*(?:complaint|complain)(?: "
        r"(?:about|against|regarding|over|on|with) .{1,80})?"
        rf"|complaints?|(?:formal |official )?complaint(?: about| against| regarding) .{{1,80}}|i'm here to "
        rf"complain(?: about .{{1,60}})?|i am complaining(?: about .{{1,60}})?"
        rf"|(?:this|that|it|it's|this is|that's|your [a-z ]{{3,40}}|the (?:service|support|quality|product|app"
        r"|staff|customer service)|you|you guys|you people)(?:'s|'re| is| are| was| were)? (?:just |so "
        rf"|really |absolutely |totally |completely |such |all |simply |very |truly |utterly )*{_BAD}(?: "
        r"(?:service|company|product|experience|support|people|customer service))?"
        r"|(?:worst|terrible|awful|horrible|pathetic|disgusting|appalling) (?:service|company|support|product"
        r"|experience|customer service|app|shop|store)(?: ever)?"
        r"|you(?:'re| are| guys are| people are)? (?:all )?(?:useless|liars?|scammers|thieves|crooks|idiots"
        r"|frauds?|incompetent)|i(?:'m| am) (?:very |so |really |extremely |absolutely |totally |quite "
        r")*(?:angry|upset|disappointed|furious|unhappy|frustrated|dissatisfied|fed up|annoyed|pissed(?: "
        r"off)?)(?: (?:with|about|at|by) .{1,60})?"
        r"|i(?:'ll| will| am going to|'m going to) (?:sue|report) (?:you|your company|this)(?: .{1,40})?|what "
        r"a (?:scam|joke|rip ?off|disgrace|terrible service)|scam|rip ?off"
        r"|i(?:'m| am) not (?:at all |very |really )?(?:happy|satisfied|pleased|impressed)(?: (?:with|about|by) .{1,60})?"
        r"|(?:this is |you are |you're )?(?:by far )?the worst (?:service|company|support|product|experience|shop|store)"
        r"(?: (?:ever|i have (?:ever )?(?:had|seen)|i've ever (?:had|seen)|of all))?|i(?:'ll| will) never "
        r"(?:buy|shop|order) .{0,40}"
        r"|i (?:want|need|would like) to report (?:a |your )?(?:bad|poor|terrible|rude) (?:service|staff|agent|driver|employee)"
    ),
    "identity": re.compile(
        r"(?:so |but |and |wait )*(?:who|what) (?:are|r) (?:you|u)(?: exactly| really| anyway)?|who(?:'s| is) "
        r"(?:this|there|that|speaking)|who am i (?:talking|speaking|chatting) (?:to|with)|who is answering(?: "
        r"me)?"
        r"|(?:are|r) (?:you|u) (?:really |actually |just |even |like )*(?:an? |some |the )?(?:real |live "
        r"|actual |human |automated |virtual |ai |computer |support |chat)*(?:bot|chat ?bot|robot|human|real"
        r"|person|ai|machine|computer|program|human being|assistant|chatgpt|gpt|automated|agent|alive|someone "
        r"real)(?: or (?:an? )?(?:real |live )?(?:bot|robot|human|person|machine|ai|computer))?"
        r"|(?:am i|i am|i'm) (?:really |actually |still )?(?:talking|speaking|chatting|writing) (?:to|with) "
        r"(?:an? )?(?:real |live |actual )?(?:bot|chatbot|human|person|machine|robot|ai|computer|human "
        r"being)(?: or (?:an? )?(?:real )?(?:bot|robot|human|person|machine|ai))?"
        r"|is (?:this|that|it) (?:an? )?(?:real |live |automated )?(?:bot|chatbot|human|person|machine|robot"
        r"|ai|computer)(?: or (?:an? )?(?:real )?(?:bot|robot|human|person|machine|ai))?"
        r"|(?:what(?:'s| is)|may i know|tell me) your name|do you have a name|what can you (?:do|help(?: me)? "
        r"with|help)(?: for me)?|what do you do|how can you help(?: me)?|what can i ask(?: you)?(?: here| "
        r"about)?|what are you (?:able to do|capable of|for)|who (?:made|built|created|trained|programmed) you"
        r"|(?:please )?(?:introduce|describe) yourself|tell me about yourself|bot or human|human or bot|what "
        r"is this(?: chat)? bot"
        r"|what (?:kind of |sort of |type of )?(?:bot|ai|model|assistant|robot|machine|program|llm)(?: "
        r"model)? (?:are you|is this)"
    ),
    "goodbye": re.compile(
        r"(?:ok |okay |alright |well |so |no )*(?:good ?)?bye+(?: bye)?(?: (?:for now|now|then|everyone|all))?"
        r"|see (?:you|ya|u)(?: (?:later|soon|tomorrow|around|next time|then|again))*|take care|cya|ttyl|later"
        r"|farewell|good ?night|"
        r"have a (?:nice|good|great|lovely|wonderful|pleasant) (?:day|evening|weekend|night|one|time"
        r"|afternoon)(?: too)?|you too|(?:no |nope )?(?:that's|thats|that is|that was|that will be|that'll "
        r"be) (?:all|it|everything)(?: (?:for now|for today|thanks|i need|i needed|i wanted))*|(?:no |nope "
        r")*nothing else(?: (?:for now|thanks))?|i'm (?:done|all set|good)(?: (?:now|here|thanks|for now))?"
        r"|no more questions|until next time|(?:talk|speak) (?:to you )?(?:later|soon|again)|catch you later"
    ),
    "thanks": re.compile(
        r"(?:ok |okay |great |perfect |alright |cool |no |yes |oh |wow |good |awesome |super |well |many |a "
        r"million |so |very )*(?:thanks+|thank (?:you|u|ya)|thx+|tnx|ty|tysm|cheers|ta)(?: (?:you|so much"
        r"|very much|a lot|a bunch|a ton|a million|again|anyway|indeed|kindly|everyone|all|man|mate|sir|buddy"
        r"|dear|bot|then))*(?: (?:for|to) (?:your |the |all |you |this |that |such a )*(?:help|helping(?: me)?"
        r"|info|information|answer|answers|quick (?:reply|answer|response)|reply|response|time|support"
        r"|assistance|that|this|everything|patience|explanation|explaining|clarification|advice|tip|hint)(?: "
        r"me| out)*)?"
        r"|(?:much |really |i |highly )+appreciated?(?: (?:it|that|this|your help|the help))?|(?:that|this|it"
        r"|you)(?:'s| is| was| has been|'ve been| were| have been)? (?:all )?(?:very |really |so |super "
        r"|extremely |most )*(?:helpful|great|perfect|useful|brilliant|awesome|amazing|wonderful|what i "
        r"needed)|that (?:really |totally |just )?(?:helped|helps|worked|works|did it|solved it|fixed it)(?: "
        r"(?:a lot|thanks|me|now))*|it works(?: now)?|problem solved|solved|(?:you're|you are|ur) (?:the best"
        r"|awesome|great|amazing|a star|a lifesaver|welcome|very kind|so kind)|good (?:bot|job|work)|well done"
        r"|nice one|no problem|no worries|"
        r"(?:ok|okay|k|okey|okie|alright|all right|got it|i see|i understand|understood|makes sense|good to "
        r"know|noted|great|perfect|awesome|cool|nice|excellent|wonderful|brilliant|fantastic|super|lovely"
        r"|sweet|sounds good|fair enough|good|fine|sure|wow|amazing|lol|haha+|no thanks|no thank you)(?: (?:ok"
        r"|okay|then|cool|great|got it|thanks|now|so much|i see|i understand))*"
    ),
    "greeting": re.compile(
        rf"{_HELLO}{_WHOM}(?: {_HELLO}{_WHOM})*|how (?:are|r) (?:you|u|things)(?: doing| going)?(?: today| "
        r"all)?|how(?:'s| is) it going|how do you do|what'?s up|sup|nice to meet you|welcome|(?:is )?(?:anyone"
        r"|anybody|someone|somebody) (?:there|here|home|online)|(?:are )?you (?:there|here|online|around)|"
        r"(?:please )?help(?: me)?(?: please)?|(?:can|could|would|will) (?:you|someone|anyone|somebody"
        r"|anybody) (?:please )?help(?: me)?(?: out)?(?: please)?|i (?:need|want)(?: some| your| a bit of| a "
        r"little)? (?:help|assistance|support)(?: please)?|i(?:'ve| have)(?: got)? (?:a |one |another |some "
        r"|a few |a quick |an? other |two )?(?:quick |small |short |simple |little )?questions?(?: for you)?"
        r"|(?:can|could|may) i ask(?: you)? (?:a |one |another )?(?:quick |small )?(?:questions?|something)"
        r"|quick question|one (?:more )?question|question|excuse me|sorry|sorry to bother(?: you)?|dear (?:sir"
        r"|madam|team|support|sir or madam|all)|to whom it may concern|everyone|guys|folks|merry christmas"
        r"|happy new year|please"
    ),
    "empty": re.compile(r"u+[hm]+|h+m+|e+r+m*|a+h+|o+h+|well|so|and|um+|test|testing"),
}
BEFORE = re.compile(
    rf"^(?:{_HELLO}(?: there| all| team)?|ok(?:ay)?|thanks?(?: you)?|please|sorry|excuse me|well|so|but|and"
    r"|no|yes|yeah|look|listen|sir|madam|dear)(?: |$)|(?: |^)(?:please|pls|thanks|thank you|sir|madam|now"
    r"|asap)$"
)
_MADE = (
    r"(?:poems?|haikus?|limericks?|sonnets?|songs?|lyrics|raps?|stor(?:y|ies)|fairy ?tales?|jokes?|essays?"
    r"|novels?|riddles?|cover letters?|resum[eé]s?|cvs?|speech(?:es)?|love letters?|blog posts?"
    r"|screenplays?|(?:python|java|javascript|c\+\+|sql|html|bash|rust|go)?(?: )?(?:code|programs?"
    r"|functions?)|homework)"
)
OFF_TASK = re.compile(
    r"^(?:(?:hi|hello|hey|please|ok|now|then|so)[,! ]+)*(?:(?:can|could|will|would) you (?:please )?|i "
    r"(?:want|need|would like) you to |please )?(?:"
    r"(?:write|compose|make up|invent|generate|draft|recite|sing|tell)(?: me| us| my| to me)?(?: (?:a|an"
    r"|the|some|another|one|\d+|two|three|short|long|funny|little|nice|good|cute|romantic|python"
    rf"|beautiful))*(?: [a-z-]+)? {_MADE}\b"
    r"|(?:translate|proofread|paraphrase|summari[sz]e|rewrite) (?:this|that|the following|these|it|my"
    r"|['\"“]|.{1,80} (?:in)?to (?:english|chinese|french|german|spanish|japanese|korean|italian|russian))"
    r"|(?:do|finish|solve|complete) (?:my|this|the|these) (?:homework|assignment|math|maths|equation"
    r"|exercise|puzzle)s?\b|play (?:a game|chess|tic tac toe|hangman)\b|(?:act|behave) (?:as|like) (?:a|an"
    r"|my|the|if)\b(?!.*\?)|pretend (?:to be|you are|you're|that you)|role ?play\b|imagine (?:you are"
    r"|you're|that you)|calculate \d|debug (?:my|this) code"
    r"|tell me (?:a )?(?:something funny|fun fact|your opinion on)|entertain me|make me laugh|flip a coin|roll a dice)"
    r"|^(?:what(?:'s| is) |how much is |calculate |compute )?\(?-?\d+(?:[.,]\d+)?\)?(?:\s*(?:[-+*/x×÷^]"
    r"|plus|minus|times|divided by)\s*\(?-?\d+(?:[.,]\d+)?\)?)+\s*=?\s*\??$"
)
