"""Questions from one's own documents: by rules, by an LLM, and what may not stay among them."""
