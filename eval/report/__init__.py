"""A run, or two held against each other, as one HTML page without anything from elsewhere."""

from eval.report.page import write

__all__ = ["write"]
