"""Is this touch a person? Judged first on one hit's evidence, later on what was seen around it."""
