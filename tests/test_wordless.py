"""Libraries are silenced for a while, and nobody else."""

import subprocess
import sys

_SAYS = """
import os, sys, threading
from groovecast.wordless import wordless
def say(text): print(text, file=sys.stderr)
say("before")
with wordless():
    os.write(2, b"a library\\n")
    say("within")
    other = threading.Thread(target=say, args=("another thread",))
    other.start(); other.join()
    with wordless():
        os.write(2, b"a library\\n")
os.write(2, b"after\\n")
say("the end")
"""


def test_what_python_prints_is_heard_while_libraries_are_silenced() -> None:
    done = subprocess.run([sys.executable, "-c", _SAYS], capture_output=True, text=True, check=True)
    assert done.stderr.split("\n") == ["before", "within", "another thread", "after", "the end", ""]


def test_a_process_without_standard_error_goes_on() -> None:
    code = "import os; os.close(2)\nfrom groovecast.wordless import wordless\nwith wordless(): print('on')"
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "on\n"
