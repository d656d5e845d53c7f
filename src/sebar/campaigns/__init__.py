"""One thing to be passed on: its texts, image, dates, colours and the state it is in."""
