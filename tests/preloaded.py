"""A `python` that need not load libraries: it asks a process that has loaded them to fork.

A stage in the sizes of smoke.yaml spends most of its time in loading. `test_pipeline.py` builds one of its clones with
the ordinary `python`, and demands the same bytes.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from functools import cache
from pathlib import Path

from tests.workspace import ROOT

CLIENT = """#!{python} -IS
import json, os, socket, sys
if sys.argv[1:3] != ["-m", "stages"]:
    os.execv({python!r}, [{python!r}, *sys.argv[1:]])
connection = socket.socket(socket.AF_UNIX)
connection.connect({place!r})
request = json.dumps([sys.argv[2:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(connection, [len(request).to_bytes(4, "big")], [0, 1, 2])
connection.sendall(request)
code = connection.recv(1)
os._exit(code[0] if code else 1)
"""


@cache
def folder():
    """Starts that process, which ends with this one, and returns the folder of the `python` that asks it."""
    place = Path(tempfile.mkdtemp())
    text = CLIENT.format(python=sys.executable, place=str(place / "socket"))
    (place / "python").write_text(text, encoding="utf-8")
    (place / "python").chmod(0o755)
    command = [sys.executable, "-m", "tests.preloaded", str(place / "socket")]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.read(1), "the process that loads libraries has ended"
    folder.process = process  # its standard input must stay open
    return place


def serve(place):
    from tests.lineage.mutation.behaviour import preload

    preload()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(place)
    listener.listen()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.write(1, b".")
    while sys.stdin not in (ready := select.select([listener, sys.stdin], [], [])[0]):
        assert listener in ready
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return attend(connection)
        connection.close()
    return None


def attend(connection):
    """Forks once more, waits for the end of that, and says how it ended."""
    size, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
    request = b""
    while len(request) < int.from_bytes(size, "big"):
        request += connection.recv(1 << 16)
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        connection.sendall(bytes([os.waitstatus_to_exitcode(status) & 255]))
        os._exit(0)
    connection.close()
    return run(descriptors, *json.loads(request))


def run(descriptors, arguments, place, variables):
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.chdir(place)
    os.environ.clear()
    os.environ.update(variables)
    for name in [name for name in sys.modules if name.partition(".")[0] in ("stages", "tests")]:
        del sys.modules[name]
    sys.path[0] = place
    sys.argv = arguments
    try:
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # to clear away all modules takes a second


if __name__ == "__main__":
    serve(sys.argv[1])
