"""Errors as the clients of a route expect them: the same problem, in the words of OpenAI's, Dify's, MCP's or Vercel's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Problem = Mapping[str, Any]

_JSON, _TEXT = "application/json", "text/plain; charset=utf-8"
OPENAI_PATHS = ("/v1/chat/completions", "/v1/models", "/v1/responses")
_DIFY, _UI, _MCP = "/v1/dify/", "/v1/ui/", re.compile(r"/mcp/?")

# What OpenAI's clients ask for, below whichever address they were given.
_OPENAI_LIKE = re.compile(
    r"(?:/(?:v1|api|openai|openai/v1|api/v1|v1/v1|openai/deployments/[^/]+))?/(chat/completions|completions|embeddings|responses"
    r"|models|moderations|images|audio|files|assistants|threads|vector_stores|batches|fine_tuning|realtime)(?:/.*)?"
)
_HERE = ("chat/completions", "responses", "models")
_HINT = "There are /v1/chat/completions, /v1/responses and /v1/models."

_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_DIFY_CODES = {"no_authorization": 1001, 401: 1002, 403: 1002, 404: 2001}
_RPC_CODES = {400: -32600, 404: -32601, 405: -32600, 422: -32602}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A problem in a protocol's words."""

    status: int
    body: bytes
    media_type: str


def spoken(path: str, problem: Problem) -> Spoken | None:
    """A problem for the clients of the route at `path`; None: problem+json as it is."""
    if path.startswith(OPENAI_PATHS) or _OPENAI_LIKE.fullmatch(path):
        return Spoken(openai_status(problem), orjson.dumps(openai_error(problem)), _JSON)
    if path.startswith(_DIFY):
        return Spoken(_dify_status(problem), orjson.dumps(dify_error(problem)), _JSON)
    if path.startswith(_UI):
        return Spoken(int(problem["status"]), sentence(problem).encode(), _TEXT)
    if _MCP.fullmatch(path):
        return Spoken(int(problem["status"]), orjson.dumps(_rpc_error(problem)), _JSON)
    return None


def hint(path: str) -> str | None:
    """What somebody who asks for a path that is not there may have meant."""
    match = _OPENAI_LIKE.fullmatch(path)
    if match is None:
        return None
    if match[1] == "completions":
        return "Completions of plain text are not spoken here; use /v1/chat/completions (in LlamaIndex: `is_chat_model=True`)."
    if match[1] == "embeddings":
        return "There are no embeddings here; /v1/retrieve finds passages."
    if match[1] in _HERE and not path.startswith("/v1/" + match[1]):
        return "The address (`base_url`) that clients of OpenAI's API are given ends with /v1."
    return _HINT


def sentence(problem: Problem) -> str:
    """For whoever reads it in a chat window: what is wrong, and nothing else."""
    detail = str(problem["detail"])
    return detail[:1].upper() + detail[1:]


def openai_status(problem: Problem) -> int:
    """OpenAI's API says 400 where ours says 422, and its SDKs raise BadRequestError for it."""
    return 400 if problem["status"] == 422 else int(problem["status"])


def openai_error(problem: Problem) -> dict[str, Any]:
    """`{"error": {message, type, param, code}}`."""
    status = openai_status(problem)
    kind = _OPENAI_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": _whole(problem), "type": kind, "param": problem.get("field"), "code": problem["code"]}}


def dify_error(problem: Problem) -> dict[str, Any]:
    """`{"error_code", "error_msg"}`: Dify's numbers where it has one, else the HTTP status."""
    code = _DIFY_CODES.get(problem["code"], _DIFY_CODES.get(problem["status"], problem["status"]))
    return {"error_code": code, "error_msg": _whole(problem)}


def _dify_status(problem: Problem) -> int:
    """When a knowledge API is registered, Dify looks at 403, 404 and 502 only: a 401 would pass for a good key."""
    return 403 if problem["status"] == 401 else int(problem["status"])


def _rpc_error(problem: Problem) -> dict[str, Any]:
    """As JSON-RPC, without the id: it stands in a body that was not read."""
    status = int(problem["status"])
    body = {
        "code": _RPC_CODES.get(status, -32000),
        "message": _whole(problem),
        "data": {"code": problem["code"], "status": status},
    }
    return {"jsonrpc": "2.0", "id": None, "error": body}


def _whole(problem: Problem) -> str:
    return f"{problem['detail']} {problem['fix']}" if problem.get("fix") else str(problem["detail"])
