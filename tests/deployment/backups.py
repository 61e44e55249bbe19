"""deploy/kubernetes/components/backups: rendered on the small overlay, held against Kubernetes' schemas, and its commands
parsed by the program that will be given them.

    python tests/deployment/backups.py --kubectl PROGRAM --greenlane PROGRAM
"""

import argparse
import os
import pathlib
import subprocess
import tempfile

import kubernetes_validate
import yaml

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
KUBERNETES = "1.34"


def render(kubectl):
    """As an overlay has it that names the component."""
    with tempfile.TemporaryDirectory() as folder:
        def there(path):
            return os.path.relpath(DEPLOY / "kubernetes" / path, pathlib.Path(folder).resolve())

        overlay = {key: value for key, value in yaml.safe_load(
            (DEPLOY / "kubernetes/overlays/small/kustomization.yaml").read_text()).items() if key in ("images", "namespace")}
        overlay |= {"resources": [there("overlays/small")], "components": [there("components/backups")]}
        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
        done = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=False,
            env=os.environ | {"HOME": folder})
        if done.returncode != 0:
            raise SystemExit(done.stderr)
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def check(claim, holds):
    if not holds:
        raise SystemExit(f"not so: {claim}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for program in ("kubectl", "greenlane"):
        parser.add_argument(f"--{program}", required=True, type=lambda path: pathlib.Path(path).resolve())
    programs = parser.parse_args()
    manifests = render(programs.kubectl)
    there = {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}
    jobs = [manifest for manifest in manifests if manifest["kind"] == "CronJob"]
    page = (DEPLOY / "runbooks/restore.md").read_text() + (DEPLOY / "runbooks/log-fork.md").read_text()
    for job in jobs:
        name, spec = job["metadata"]["name"], job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        kubernetes_validate.validate(job, KUBERNETES, strict=True)
        (container,) = spec["containers"]
        check(f"{name} writes nowhere else", container["securityContext"]["readOnlyRootFilesystem"])
        check(f"{name} has a version", container["image"].count(":") == 1)
        for volume in spec["volumes"]:
            (named,) = ({("ConfigMap", volume[kind]["name"]) if kind == "configMap" else
                ("PersistentVolumeClaim", volume[kind]["claimName"]) for kind in volume if kind != "name"})
            check(f"{name}: {named} is there", named in there)
        parsed = subprocess.run([programs.greenlane, *container["args"], "--help"], capture_output=True, text=True, check=False)
        check(f"{name}: {parsed.stderr}", parsed.returncode == 0)
        by_hand = job["spec"].get("suspend", False)
        check(f"{name} runs every night, or by hand", by_hand != name.endswith("-backup"))
        check(f"a page says how {name} is run", name.startswith(("equivalence", "classification")) or name in page)
    print(f"  backups: {len(jobs)} jobs, held against Kubernetes {KUBERNETES}")


if __name__ == "__main__":
    main()
