"""Property tests of the kernel: tables load lazily in the first example, so no example has a deadline."""

from hypothesis import settings

settings.register_profile("kernel", deadline=None)
settings.load_profile("kernel")
