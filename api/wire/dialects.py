"""Errors as the clients of a route expect them: the same problem, in the words of OpenAI's or Dify's protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Problem = Mapping[str, Any]
_OPENAI = ("/v1/chat/completions", "/v1/models", "/v1/responses")
_DIFY = "/v1/dify/"

_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_DIFY_CODES = {"no_authorization": 1001, 401: 1002, 403: 1002, 404: 2001}


def spoken(path: str, problem: Problem) -> tuple[int, dict[str, Any]] | None:
    """(status, body) of a problem for the clients of the route at `path`; None: problem+json as it is."""
    if path.startswith(_OPENAI):
        return openai_status(problem), openai_error(problem)
    if path.startswith(_DIFY):
        return int(problem["status"]), dify_error(problem)
    return None


def openai_status(problem: Problem) -> int:
    """OpenAI's API says 400 where ours says 422, and its SDKs raise BadRequestError for it."""
    return 400 if problem["status"] == 422 else int(problem["status"])


def openai_error(problem: Problem) -> dict[str, Any]:
    """`{"error": {message, type, param, code}}`."""
    status = openai_status(problem)
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    message = f"{problem['detail']} {problem['fix']}" if problem.get("fix") else problem["detail"]
    return {"error": {"message": message, "type": kind, "param": problem.get("field"), "code": problem["code"]}}


def dify_error(problem: Problem) -> dict[str, Any]:
    """`{"error_code", "error_msg"}`: Dify's numbers where it has one, else the HTTP status."""
    code = _DIFY_CODES.get(problem["code"], _DIFY_CODES.get(problem["status"], problem["status"]))
    message = f"{problem['detail']} {problem['fix']}" if problem.get("fix") else problem["detail"]
    return {"error_code": code, "error_msg": message}
