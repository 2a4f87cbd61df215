"""`python -m vaeplay`: the same as the command `vaeplay`."""

import sys

from vaeplay.cli import main

sys.exit(main())
