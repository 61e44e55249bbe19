"""The jobs of deploy/kubernetes that are run by the clock or by hand, of the overlay `production` and of the component
`backups` on the overlay `small`: held against Kubernetes' schemas, and their commands parsed by the program that will be
given them.

    python tests/deployment/backups.py --kubectl PROGRAM --greenlane PROGRAM
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

import kubernetes_validate
import yaml

from checks import DEPLOY, check, check_modes_are_kept

KUBERNETES = "1.34"


def render(kubectl, overlay="small", components=("backups",)):
    """An overlay that names those components."""
    with tempfile.TemporaryDirectory() as folder:
        def there(path):
            return os.path.relpath(DEPLOY / "kubernetes" / path, pathlib.Path(folder).resolve())

        written = yaml.safe_load((DEPLOY / f"kubernetes/overlays/{overlay}/kustomization.yaml").read_text())
        made = {key: value for key, value in written.items() if key in ("images", "namespace")}
        made |= {"resources": [there(f"overlays/{overlay}")]}
        made |= {"components": [there(f"components/{name}") for name in components]}
        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(made))
        done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False,
            env=os.environ | {"HOME": folder})
        if done.returncode != 0:
            raise SystemExit(done.stderr)
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("kubectl", "greenlane"):
        parser.add_argument(f"--{program}", required=True, type=lambda path: pathlib.Path(path).resolve())
    programs = parser.parse_args()
    page = (DEPLOY / "runbooks/restore.md").read_text() + (DEPLOY / "runbooks/log-fork.md").read_text()
    for overlay, components in (("small", ("backups",)), ("production", ())):
        manifests = render(programs.kubectl, overlay, components)
        there = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
        jobs = [manifest for manifest in manifests if manifest["kind"] == "CronJob"]
        for job in jobs:
            look_at(job, there, page, programs.greenlane)
        # A volume that a Deployment of several pods has too must be one for several nodes.
        claims = {manifest["metadata"]["name"]: manifest["spec"]["accessModes"] for manifest in manifests
                  if manifest["kind"] == "PersistentVolumeClaim"}
        if overlay == "production":
            for claim in ("registry-keys", "equivalence-keys"):
                check(f"{claim} is for several nodes", claims[claim] == ["ReadWriteMany"])
        print(f"  {overlay}: {len(jobs)} jobs by the clock or by hand, held against Kubernetes {KUBERNETES}")


def look_at(job, there, page, greenlane):
    name, spec = job["metadata"]["name"], job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    check_modes_are_kept(name, spec)
    for container in (*spec.get("initContainers", []), *spec["containers"]):
        check(f"{name} writes nowhere else", container["securityContext"]["readOnlyRootFilesystem"])
        check(f"{name} has a version", container["image"].count(":") == 1)
        if "command" in container:
            shell, option, script = container["command"]
            parsed = subprocess.run([shell, f"{option}n", script], capture_output=True, text=True, check=False)
        else:
            parsed = subprocess.run([greenlane, *container["args"], "--help"], capture_output=True, text=True, check=False)
        check(f"{name}: {parsed.stderr}", parsed.returncode == 0)
    for volume in spec["volumes"]:
        if "secret" not in volume:  # which whoever keeps secrets makes
            (named,) = ({("ConfigMap", volume[kind]["name"]) if kind == "configMap" else
                ("PersistentVolumeClaim", volume[kind]["claimName"]) for kind in volume if kind != "name"})
            check(f"{name}: {named} is there", named in there)
    by_hand = job["spec"].get("suspend", False)
    check(f"{name} runs every night, or by hand", by_hand != name.endswith("-backup"))
    check(f"a page says how {name} is run", name.startswith(("equivalence", "classification")) or name in page)


if __name__ == "__main__":
    main()
