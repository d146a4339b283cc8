"""Errors: which status each has, and what the problem object says."""

from __future__ import annotations

import pytest

from api.errors import problem_of, status_of, unknown_parameter, validation_problem
from rag import errors
from rag.errors import ConfigError, Conflict, IndexBehind, InputError, NotFound, Overloaded, ParseError, UpstreamError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError("x"), 500),
        (InputError("x"), 422),
        (ParseError("x", code="empty"), 422),
        (ParseError("x", code="too_large"), 413),
        (ParseError("x", code="unsupported"), 415),
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (IndexBehind("x"), 409),
        (UpstreamError("x"), 502),
        (UpstreamError("x", code="ledger_unavailable"), 503),
        (Overloaded("x"), 503),
        (errors.XiansouError("x"), 500),
    ],
)
def test_statuses(error: errors.XiansouError, status: int) -> None:
    assert status_of(error) == status
    assert problem_of(error)["status"] == status


def test_every_error_that_there_is_has_a_status() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.XiansouError)]
    assert len(kinds) > 5
    assert all(400 <= status_of(kind("x")) < 600 for kind in kinds)


def test_the_problem_object() -> None:
    assert problem_of(InputError("no good.", field="a.b", fix="Do it.")) == {
        "type": "urn:xiansou:problem:invalid_input",
        "title": "Unprocessable Entity",
        "status": 422,
        "code": "invalid_input",
        "detail": "no good.",
        "field": "a.b",
        "fix": "Do it.",
    }
    assert "fix" not in problem_of(InputError("no good."))
    assert problem_of(InputError("no good."))["field"] is None


def test_a_validation_problem_names_the_dotted_path_without_its_place() -> None:
    fault = {"type": "int_type", "loc": ("body", "history", 0, "role"), "msg": "Input should be a valid string"}
    told = validation_problem([fault])
    assert (told["field"], told["status"]) == ("history.0.role", 422)
    assert told["detail"] == "`history.0.role`: input should be a valid string."


def test_a_misspelt_parameter_is_told_with_the_nearest_one() -> None:
    error = unknown_parameter("wiat", ["wait", "limit"])
    assert (error.field, error.fix) == ("wiat", "Did you mean `wait`?")
