"""The room's TOML file as frozen values, and every sentence that refuses one."""
