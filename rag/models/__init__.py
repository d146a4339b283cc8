"""Neural models: embedding and, when its weights are there, re-ranking."""
