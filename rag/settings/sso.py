"""Single sign-on: tokens (JWT) of an identity provider, and what their claims allow."""

from __future__ import annotations

from pydantic import Field, model_validator

from rag.settings.access import Names, split
from rag.settings.sections import Section

ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_SCOPES = ("query", "ingest", "metrics", "admin")


class Sso(Section):
    issuer: str = Field("", description="`iss` of the tokens (JWT) of your identity provider; empty: none are taken.")
    audience: str = Field("", description="`aud` that its tokens must have.")
    jwks: str = Field("", description="URL or file of its public keys (JWKS).")
    algorithms: Names = Field("RS256, ES256, EdDSA", description="Signatures that are taken.")
    default_scopes: Names = Field("query", description="Scopes of everyone who has a valid token; may be empty.")
    scopes_claim: str = Field("scope", description="Claim whose values give further scopes.")
    scopes: Names = Field("", description="Which values give which scope, e.g. `kb-editors=ingest, kb-owners=admin`.")
    collections_claim: str = Field("", description="Claim with the collections that the person may see; empty: all.")
    groups_claim: str = Field("groups", description="Claim with the groups that are compared with a document's ACL.")

    @model_validator(mode="after")
    def _complete(self) -> Sso:
        if self.issuer and not (self.audience and self.jwks):
            raise ValueError("`issuer` needs `audience` and `jwks`")
        if unknown := set(split(self.algorithms)) - set(ASYMMETRIC):
            raise ValueError(f"`algorithms` holds {', '.join(sorted(unknown))}; possible are {', '.join(ASYMMETRIC)}")
        given = [*split(self.default_scopes), *self.scope_of().values()]
        if unknown := set(given) - set(_SCOPES):
            raise ValueError(f"there is no scope {', '.join(sorted(unknown))}; there are {', '.join(_SCOPES)}")
        return self

    def scope_of(self) -> dict[str, str]:
        """The scope that each value of `scopes_claim` gives."""
        pairs = (pair.rpartition("=") for pair in split(self.scopes))
        return {value.strip(): scope.strip() for value, _, scope in pairs}
