"""What all our pages share: headers, numbers and dates in words, charts."""
