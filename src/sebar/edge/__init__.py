"""The hot path: links and touches, durable before answered. Never imports Django."""
