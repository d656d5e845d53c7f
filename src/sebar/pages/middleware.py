"""Headers, languages and error pages that every answer of ours shares."""
