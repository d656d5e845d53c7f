"""Which variant is worth passing on: arms fixed at the seed, inherited by friends, compared cascade by cascade."""
