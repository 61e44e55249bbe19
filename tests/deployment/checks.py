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


def check_modes_are_kept(whose, pod):
    """A pod with an fsGroup takes a volume's files as they are. The default policy, Always, has the kubelet open every file
    to that group (mode | 0660) whenever one more pod mounts the volume, beside those that run; a key file that is open to a
    group is refused, so after a nightly backup no registry would start or sign. OnRootMismatch does it at the first mount,
    when a volume is empty."""
    security = pod.get("securityContext", {})
    if "fsGroup" in security:
        check(f"{whose} leaves key files to their owner", security.get("fsGroupChangePolicy") == "OnRootMismatch")
