"""Prize draws that outsiders can check."""
