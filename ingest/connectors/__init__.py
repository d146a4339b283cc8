"""Where documents come from when nobody sends them: one file a kind of source."""
