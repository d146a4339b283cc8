"""The commands of questions, documents and keys, mounted by `xiansou.py`."""
