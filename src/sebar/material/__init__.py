"""What a brand gives people to pass on: clips, games, pictures, texts, quizzes, cards."""
