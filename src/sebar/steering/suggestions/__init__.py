"""What could make a running campaign do better. Nothing is done before an editor says so."""
