"""Texts in Chinese and English: words, names, dates, amounts, periods. Pure functions, without database or index."""
