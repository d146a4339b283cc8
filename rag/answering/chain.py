"""Which LLM backends are tried for a question, in turn: the profile's own, then its fallbacks."""

from __future__ import annotations

from collections.abc import Mapping

from rag.answering.condense import Condenser
from rag.answering.generate import Backend
from rag.answering.run import EXTRACTIVE
from rag.domain import Question
from rag.ports import Generator
from rag.settings import Settings
from rag.settings.profiles import DEFAULT_PROFILE


class Backends:
    """The backend of each profile; None: extractive."""

    def __init__(self, settings: Settings, generator: Generator | None, generators: Mapping[str, Generator | None]):
        """`generators`: by profile; `generator` is that of all others."""
        self._settings = settings
        unique: dict[int, Backend] = {}  # profiles that share a generator share its breaker
        self._by_profile: dict[str, Backend | None] = {}
        for name in settings.profiles:
            its = generators.get(name, generator)
            self._by_profile[name] = None if its is None else unique.setdefault(id(its), Backend(its))
        self.condensers = {backend: Condenser(backend.generator) for backend in unique.values()}

    def chain(self, question: Question) -> tuple[Backend | None, ...]:
        """Raises InputError for an unknown profile."""
        profile = self._settings.profile(question.profile)
        if question.generator == EXTRACTIVE:
            return (None,)
        names = profile.generator.fallback
        others = (None if name == EXTRACTIVE else self._by_profile[name] for name in names)
        return tuple(dict.fromkeys((self._by_profile[question.profile or DEFAULT_PROFILE], *others)))

    def close(self) -> None:
        """Ends the connections."""
        for backend in self._by_profile.values():
            if backend is not None:
                backend.close()
