"""The sentence gate: a claim is compared with the passages as structure, shown only where they say it."""
