"""What the checks of deploy/ share."""

import pathlib
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
SERVICES = ("registry", "equivalence", "classification")


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"$ {' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(claim, holds):
    if not holds:
        raise SystemExit(f"not so: {claim}")
