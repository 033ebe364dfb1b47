"""`python -m local ...` in, the same as `cube ...` out."""

from local.cli.main import main

main()
