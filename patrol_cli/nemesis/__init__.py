"""``patrol nemesis``: kills, stops and cuts a whole site by a seed, and proves afterwards that nothing was lost."""
