"""Service areas: the exact region within a walking time, as unions of capsules around reached streets."""
