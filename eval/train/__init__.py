"""How what is shipped with the code was learned: recipes that make it again."""
