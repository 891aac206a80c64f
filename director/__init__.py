"""director: a build tool whose compilers are coding agents."""

__version__ = "0.1.0"
