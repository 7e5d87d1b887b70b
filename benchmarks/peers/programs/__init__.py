"""Programs that users of other packages compile, one file for each package, of its name.

``PROGRAMS`` of a file is a tuple of factories. Each makes a `models.Call`, whose weights are
random: nothing is fetched. It is called once for each builder, so that both have fresh objects.
"""
