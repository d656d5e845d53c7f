"""Who sponsors: brands (the tenants), the people who run them, and what each may do."""
