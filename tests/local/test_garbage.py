"""A process that settles walks less of what it has loaded, and still finds new garbage."""

import subprocess
import sys

PROGRAM = """
import gc, weakref
from local import garbage

class Node: pass

garbage.settle()
frozen = gc.get_freeze_count()
node = Node()
node.itself = node
gone = weakref.ref(node)
del node
gc.collect()
print(frozen > 1_000, gc.get_threshold()[0] == garbage.YOUNG_OBJECTS_MAX, gone() is None)
"""


def test_what_is_loaded_is_out_of_the_way_and_new_cycles_are_found() -> None:
    """In a process of its own: what is frozen stays so."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True"]
