"""Business circles: where shops, offices and enterprises lie close together on foot."""
