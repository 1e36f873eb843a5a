"""Files that browsers load as they are: styles, script, icons."""
