"""What is worked out of late values: it is late as well."""
