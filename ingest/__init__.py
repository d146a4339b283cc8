"""From a source to live passages: parse, clean, chunk, embed, commit."""
