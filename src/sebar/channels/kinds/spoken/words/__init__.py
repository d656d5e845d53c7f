"""The word lists of the spoken codes, what they were made of, and the recipe."""
