"""REST for programs: keys, resources, problem documents."""
