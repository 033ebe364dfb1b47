"""Dash's elements in, the same without their generated types out.

Those types refuse `data-` and `aria-` attributes handed over as a mapping, which Dash itself takes.
"""

from typing import Any, Final

from dash import dcc as _dcc
from dash import html as _html

dcc: Final[Any] = _dcc
html: Final[Any] = _html
