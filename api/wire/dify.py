"""Dify's external knowledge API: the request, its metadata conditions, and records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from rag.domain import Hit, Question, Scope
from rag.domain.validation import check_question
from rag.errors import InputError
from rag.record.serializers import shown_source

ALL = "*"  # as knowledge_id: every collection
MAX_HITS = 100
_Values = list[Any]
_OWN = ("title", "url", "source", "document_id", "collection")  # told of every passage, no metadata


class RetrievalSetting(BaseModel):
    """How many records, and how good at least."""

    top_k: Annotated[int, Field(ge=1, le=MAX_HITS)] | None = 5
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = 0.0


class Condition(BaseModel):
    """A condition on metadata, a case's or FAQ's fields, or `document_id`, `title`, `url`, `source`, `collection`."""

    name: str | list[str] = Field(examples=["product"])
    comparison_operator: str = Field(examples=["is"])
    value: Any = None


class MetadataCondition(BaseModel):
    """Conditions, joined by `and` or `or`."""

    logical_operator: Literal["and", "or"] | None = "and"
    conditions: list[Condition] = Field(max_length=32)


class RetrievalBody(BaseModel):
    """What Dify posts."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    knowledge_id: Annotated[str, Field(min_length=1, max_length=128)] = Field(
        description=f"A collection; `{ALL}`: all of them.", examples=["default"]
    )
    query: Annotated[str, AfterValidator(check_question)] = Field(examples=["How do I change the Wi-Fi?"])
    retrieval_setting: RetrievalSetting = RetrievalSetting()
    metadata_condition: MetadataCondition | None = None

    def to_question(self) -> Question:
        """`is` and `in` on metadata are decided inside the index; other conditions look at its 100 best hits."""
        self._check()
        collection = None if self.knowledge_id == ALL else self.knowledge_id
        top_k = MAX_HITS if self._wanted() else self.top_k
        return Question(self.query, scope=Scope(collection, self._equal()), top_k=top_k)

    @property
    def top_k(self) -> int:
        return self.retrieval_setting.top_k or 5

    def takes(self, hit: Hit, least: float) -> bool:
        """Whether a hit is good enough and meets the conditions. `least`: probability, where Dify's user has set none."""
        if hit.probability < (self.retrieval_setting.score_threshold or least):
            return False
        conditions = self._wanted()
        if not conditions:
            return True
        values = {"title": hit.passage.title, "url": hit.passage.url, "source": shown_source(hit.passage.source)}
        values |= {"document_id": hit.passage.document_id, "collection": hit.passage.collection}
        values |= {**hit.passage.metadata, **hit.passage.fields}
        met = (_meets(values, condition) for condition in conditions)
        assert self.metadata_condition is not None
        return any(met) if self.metadata_condition.logical_operator == "or" else all(met)

    def _wanted(self) -> list[Condition]:
        return self.metadata_condition.conditions if self.metadata_condition else []

    def _equal(self) -> dict[str, Any]:
        metadata = self.metadata_condition
        if metadata is None or metadata.logical_operator == "or":
            return {}
        return {
            condition.name: [form for value in _listed(condition.value) for form in _forms(value)]
            for condition in metadata.conditions
            if condition.comparison_operator in ("is", "in")
            and isinstance(condition.name, str)
            and condition.name not in _OWN
            and _listed(condition.value)
        }

    def _check(self) -> None:
        for number, condition in enumerate(self._wanted()):
            if condition.comparison_operator not in _OPERATORS:
                field = f"metadata_condition.conditions.{number}.comparison_operator"
                fix = f"Use one of {', '.join(_OPERATORS)}."
                raise InputError(f"unknown operator `{condition.comparison_operator}`.", field=field, fix=fix)


def record(hit: Hit) -> dict[str, Any]:
    """A hit as Dify's record; `metadata` is never null, which would break its pipeline."""
    passage = hit.passage
    about = {
        "document_id": passage.document_id,
        "version": passage.version,
        "passage_id": passage.id,
        "url": passage.url or "",
        "source": shown_source(passage.source) or "",
        "section": " › ".join(passage.section),
        "start": passage.start,
        "end": passage.end,
    }
    content = f"{passage.context}\n{passage.text}" if passage.context and passage.kind in ("table", "faq") else passage.text
    return {
        "content": content,
        "score": round(hit.probability, 4),
        "title": passage.title,
        "metadata": {**passage.metadata, **passage.fields, **about},
    }


# -- conditions --------------------------------------------------------------------------------------------------------


def _meets(values: Mapping[str, Any], condition: Condition) -> bool:
    """With several names, one that meets it is enough."""
    names = [condition.name] if isinstance(condition.name, str) else condition.name
    test = _OPERATORS[condition.comparison_operator]
    return any(test(_listed(values.get(name)), _listed(condition.value)) for name in names)


def _forms(value: Any) -> _Values:
    """All values that read the same: what Dify sends as text may stand in the record as a number or a boolean."""
    text = str(value)
    try:
        number: _Values = [float(text)]
    except ValueError:
        number = []
    return [text, *number, *(one for one in (True, False) if str(one) == text)]


def _listed(value: Any) -> _Values:
    """Without what counts as empty."""
    return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]


def _texts(test: Callable[[str, str], bool]) -> Callable[[_Values, _Values], bool]:
    return lambda has, wanted: any(test(str(one), str(other)) for one in has for other in wanted)


def _not(test: Callable[[_Values, _Values], bool]) -> Callable[[_Values, _Values], bool]:
    return lambda has, wanted: not test(has, wanted)


def _ordered(test: Callable[[Any, Any], bool], read: Callable[[Any], Any]) -> Callable[[_Values, _Values], bool]:
    def ordered(has: _Values, wanted: _Values) -> bool:
        try:
            return any(test(read(one), read(other)) for one in has for other in wanted)
        except (TypeError, ValueError):  # "soon" is neither a number nor a date: the condition is not met
            return False

    return ordered


def _date(value: Any) -> float:
    """Seconds: of a number itself, else of an ISO 8601 date or time."""
    if isinstance(value, int | float):
        return float(value)
    when = datetime.fromisoformat(str(value))
    return when.timestamp() if when.tzinfo else when.replace(tzinfo=datetime.now().astimezone().tzinfo).timestamp()


_contains = _texts(lambda has, wanted: wanted in has)
_is = _texts(lambda has, wanted: has == wanted)
_equals = _ordered(lambda has, wanted: has == wanted, float)
_OPERATORS: Mapping[str, Callable[[_Values, _Values], bool]] = {
    "contains": _contains,
    "not contains": _not(_contains),
    "start with": _texts(lambda has, wanted: has.startswith(wanted)),
    "end with": _texts(lambda has, wanted: has.endswith(wanted)),
    "is": _is,
    "is not": _not(_is),
    "in": _is,
    "not in": _not(_is),
    "empty": lambda has, _: not has,
    "not empty": lambda has, _: bool(has),
    "=": _equals,
    "≠": _not(_equals),
    ">": _ordered(lambda has, wanted: has > wanted, float),
    "<": _ordered(lambda has, wanted: has < wanted, float),
    "≥": _ordered(lambda has, wanted: has >= wanted, float),
    "≤": _ordered(lambda has, wanted: has <= wanted, float),
    "before": _ordered(lambda has, wanted: has < wanted, _date),
    "after": _ordered(lambda has, wanted: has > wanted, _date),
}
