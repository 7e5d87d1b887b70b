"""What notes facts while a compile runs."""
