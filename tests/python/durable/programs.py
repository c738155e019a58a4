"""Programs with a durable run, which die in the middle of it, and are run again."""

from scripts import run_python

HEAD = """
import asyncio, os, signal, sys
from taskloom import RetryPolicy, Store, TaskExecutionContext, chain, parallel, secret, task, workflow
from taskloom.errors import *

def log(text):
    with open("log", "a") as file:
        file.write(text + "\\n")

def once(name):
    "Whether this is the first time, in all processes."
    try:
        open(name + ".once", "x").close()
    except FileExistsError:
        return False
    return True

def die():
    "Ends the process at once, as a crash would."
    sys.stdout.flush()
    os._exit(9)
"""


class Program:
    """A script in a directory of its own."""

    def __init__(self, directory, source):
        self.directory = directory
        (directory / "program.py").write_text(HEAD + source, encoding="utf-8")

    def run(self, *arguments, status=0):
        """Runs it to its end; gives what it prints."""
        done = run_python("program.py", *arguments, cwd=self.directory)
        assert (done.returncode, done.stderr) == (status, "")
        return done.stdout

    def dies(self, *arguments):
        """Runs it until it dies."""
        return self.run(*arguments, status=9)

    def log(self):
        """What its tasks have written, in all processes."""
        return (self.directory / "log").read_text().split()
