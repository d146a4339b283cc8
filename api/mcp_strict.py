"""Tools that say what is wrong with their arguments in words: a model mends what it is told, and nothing else."""

from __future__ import annotations

import difflib
from typing import Any

from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from pydantic import ValidationError

from api.errors import validation_problem


class StrictTool(Tool):
    """Takes no argument that it does not have."""

    @classmethod
    def from_function(cls, *given: Any, **options: Any) -> StrictTool:
        """As the SDK's own; the schema forbids further arguments."""
        tool = super().from_function(*given, **options)
        assert isinstance(tool, StrictTool)
        tool.parameters["additionalProperties"] = False
        return tool

    async def run(self, arguments: dict[str, Any], context: Any, convert_result: bool = False) -> Any:
        """Raises ToolError naming the argument."""
        known = list(self.parameters.get("properties", {}))
        for name in arguments:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                fix = f"Did you mean `{near[0]}`?" if near else f"There are: {', '.join(known)}."
                raise ToolError(f"unknown argument `{name}`. {fix}")
        try:
            self.fn_metadata.validate_arguments(arguments)
        except ValidationError as exc:
            problem = validation_problem(exc.errors())
            raise ToolError(str(problem["detail"])) from exc
        return await super().run(arguments, context, convert_result)
