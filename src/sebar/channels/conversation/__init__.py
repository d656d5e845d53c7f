"""What every bot says: people start with a friend's code, agree, get their own link, and stop whenever they like.

A messenger passes on what somebody wrote (`answering.answer`) and writes back what it is given. The commands are the
same everywhere, in English and Indonesian. People are known by a keyed hash of their address; the address itself is
kept, encrypted, only of those who ask for news.
"""
