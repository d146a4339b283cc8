"""Which passages each kind of caller may search: worked out once for a scope, then kept up with every change.

Callers are many and scopes few (one a tenant, one a set of groups), so a search costs a look-up instead of a walk over all
passages. Guarded by the mirror's lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag.domain import Scope
from rag.index.roll import Roll
from rag.text.filters import meets

Ids = NDArray[np.int64]

_Caller = tuple[str | None, tuple[str, ...] | None, tuple[str, ...] | None]  # collection, groups, collections

_SCOPES = 64  # remembered at once: 64 MB at a million passages, if all may see half


class AccessFilter:
    """Ids by scope, over the attributes of all passages (the mirror's own)."""

    def __init__(self, attributes: Roll):
        self._attributes = attributes
        self._known: dict[_Caller, Ids] = {}

    def ids(self, scope: Scope) -> Ids | None:
        """Ids in no order; None: all of them. Reading is safe for any mix of threads."""
        if scope.without:
            left = self.ids(replace(scope, without=()))
            every = self._attributes.ids() if left is None else left
            return every[~np.isin(every, list(scope.without))]
        if scope == Scope():
            return None
        caller = (scope.collection, scope.groups, scope.collections)
        ids = self._known.get(caller)
        if ids is None:
            ids = self._attributes.permitted(scope.permits)
            if len(self._known) >= _SCOPES:
                self._known = {}
            self._known[caller] = ids
        if scope.filters:
            return self._attributes.meeting(ids, lambda its: meets(scope.filters, its.fields, its.metadata))
        return None if len(ids) == len(self._attributes) else ids

    def apply(self, added: Sequence[int], removed: Ids) -> None:
        """Follows a change, when the attributes have it already. Nobody may read meanwhile."""
        for caller, ids in self._known.items():
            may = Scope(caller[0], {}, caller[1], caller[2]).permits
            left = ids[~np.isin(ids, removed)] if len(removed) else ids
            fresh = [key for key in added if may(self._attributes[key].collection, self._attributes[key].acl)]
            self._known[caller] = np.concatenate([left, np.array(fresh, np.int64)]) if fresh else left
