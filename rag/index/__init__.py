"""The record's mirrors: vectors, BM25, facets, who may see what, and their snapshots."""
