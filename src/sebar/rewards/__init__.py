"""Reasons to pass it on: rules, the ledger of what is owed, coupons, prize draws."""
