"""The commands that bring documents in, mounted by `xiansou.py`."""
