"""Facts on which a trace relied without a guard of torch's: noted, and checked at every call."""
