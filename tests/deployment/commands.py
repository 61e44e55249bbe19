"""Every command of `greenlane` in the pages under deploy/, as its own parser reads it.

    python tests/deployment/commands.py GREENLANE

Nothing is carried out: each command is given `--help` at its end, which is answered when all that stands before it exists.
"""

import pathlib
import re
import shlex
import subprocess
import sys

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
# What stands for something that the reader puts there.
STANDS_FOR = {"SERVICE": "registry", "TIME": "2026-06-30T12:00:00Z", "SIZE": "1", "…": "1"}
# Commands that read a service's own configuration: without it they do not know where the service is. In a block, which
# people copy, they must name it.
CONFIGURED = {"health", "migrate", "backup", "restore"}


# Where a command begins: not after `--namespace` or as the name of a cluster.
BEGINS = re.compile(r"(?:^\s*|\$\(|-- |\bexec (?:-T )?\w+ |\b(?:do|then|if|until|while|time) |[|;&] )(?:/usr/local/bin/)?greenlane (?=[a-z-])")


def commands(text):
    """The arguments of each, from blocks and from the running text, and whether it is from a block."""
    block = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    pieces = [(re.sub(r"\\\n\s*", " ", piece), True) for piece in block.findall(text)]
    pieces += [(piece.replace("\n", " "), False) for piece in re.findall(r"`([^`]+)`", block.sub("", text))]
    for piece, whole in pieces:
        for line in piece.splitlines():
            # What is given to a container is given to the command in it.
            line = re.sub(r"^.*\bmaintain-(registry|equivalence|classification) +", "greenlane ", line)
            for found in BEGINS.finditer(line):
                yield arguments_of(line[found.end():]), whole


def loose(text):
    """Commands that stand indented and in no block, where nobody would look at them."""
    block = re.compile(r"^ *```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    return re.findall(r"^ {4,}(greenlane [a-z].*)$", block.sub("", text), re.MULTILINE)


def arguments_of(rest):
    lexer = shlex.shlex(rest, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split, lexer.commenters = True, "#"
    arguments = []
    for token in lexer:
        if set(token) <= set("|&;<>()"):
            break
        arguments.append(token)
    return arguments


def main():
    greenlane = sys.argv[1]
    wrong, parsed = [], 0
    for page in sorted([*(DEPLOY / "runbooks").glob("*.md"), *DEPLOY.glob("*.md")]):
        wrong += [f"{page.name}: not in a block: {command}" for command in loose(page.read_text())]
        for arguments, whole in commands(page.read_text()):
            told = [STANDS_FOR.get(argument, argument) for argument in arguments]
            done = subprocess.run([greenlane, *told, "--help"], capture_output=True, text=True, check=False)
            said = f"{page.name}: greenlane {' '.join(arguments)}"
            parsed += 1
            if done.returncode != 0:
                wrong.append(f"{said}\n{done.stderr}")
            elif whole and arguments[0] in CONFIGURED and "--config" not in arguments:
                wrong.append(f"{said}\nlacks --config")
    if wrong or not parsed:
        raise SystemExit("\n".join(wrong) or "no page has a command")
    print(f"  {parsed} commands in runbooks, parsed")


if __name__ == "__main__":
    main()
