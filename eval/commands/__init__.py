"""The commands that measure, mounted by `xiansou.py`."""
