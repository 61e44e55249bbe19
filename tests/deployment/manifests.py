"""What is under deploy/kubernetes, rendered: held against Kubernetes' schemas, against the house's own rules, and read by
the program that will read it."""

import functools
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import tempfile
import tomllib

import kubernetes_validate
import yaml

from checks import DEPLOY, SERVICES, check, check_modes_are_kept, run
from operator_kinds import hold_against_operator
from outage import check_outage
from reach import CALLS, DATABASE, PORTS, check_services, check_verifier, networks_into

KUBERNETES = "1.34"
# And what goes on top of each.
ENCRYPTED = "sslmode=verify-full&sslrootcert=/run/secrets/database/ca.crt"
OVERLAYS = (("small", ()), ("small", ("revocation",)), ("production", ()), ("production", ("revocation", "tracing")),
            ("verifier", ()), ("border", ()), ("border", ("mutual-tls", "revocation", "tracing")))
# The hosts of the services that a verifier asks, and what the policy names in their place.
ASKED = {
    "verifier": ("{}.greenlane.svc", {name: f"greenlane/{name}" for name in CALLS["registry"]}),
    "border": ("{}.example.org", {"equivalence": "192.0.2.20/32", "classification": "192.0.2.30/32"}),
}
# Kinds of the Prometheus operator: no part of Kubernetes.
FOREIGN = "monitoring.coreos.com/"


def render(kubectl, overlay, *components):
    """An overlay, with further components on top."""
    kubernetes = DEPLOY / "kubernetes"
    with tempfile.TemporaryDirectory() as folder:
        def seen_from_there(path):
            return os.path.relpath(path, pathlib.Path(folder).resolve())

        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump({
            "resources": [seen_from_there(kubernetes / "overlays" / overlay)],
            "components": [seen_from_there(kubernetes / "components" / name) for name in components],
        }))
        text = run(kubectl, "kustomize", folder)
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


@functools.cache
def hold_against_schema(text):
    manifest = json.loads(text)
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        raise SystemExit(f"{name}: {error.message}") from error


def validate(manifests):
    ours = [manifest for manifest in manifests if not manifest["apiVersion"].startswith(FOREIGN)]
    for manifest in ours:
        hold_against_schema(json.dumps(manifest, sort_keys=True))
    for manifest in manifests:
        if manifest["apiVersion"].startswith(FOREIGN):
            hold_against_operator(manifest)
    return len(ours)


def sorted_by_kind(manifests):
    by_kind = {}
    for manifest in manifests:
        by_kind.setdefault(manifest["kind"], {})[manifest["metadata"]["name"]] = manifest
    return by_kind


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def secrets_of(by_kind):
    """Which kind of workload mounts which secret."""
    return {
        (kind, volume["secret"]["secretName"])
        for kind in ("Deployment", "Job")
        for manifest in by_kind.get(kind, {}).values()
        for volume in manifest["spec"]["template"]["spec"]["volumes"]
        if "secret" in volume
    }


def workloads(overlay, by_kind):
    """What holds for all that runs."""
    check(f"{overlay} holds no secret", "Secret" not in by_kind)
    for kind in ("Deployment", "Job"):
        for name, manifest in by_kind.get(kind, {}).items():
            spec = manifest["spec"]["template"]["spec"]
            check(f"{kind} {name} is not root", spec["securityContext"]["runAsNonRoot"])
            check(f"{kind} {name} has no token of the cluster", not spec["automountServiceAccountToken"])
            check_modes_are_kept(f"{overlay}: {kind} {name}", spec)
            mounted = {mount["name"] for container in containers(spec) for mount in container["volumeMounts"]}
            check(f"{kind} {name} mounts what it names", mounted == {volume["name"] for volume in spec["volumes"]})
            for container in containers(spec):
                context = container["securityContext"]
                check(f"{kind} {name} writes nowhere", context["readOnlyRootFilesystem"])
                check(f"{kind} {name} has no capabilities", context["capabilities"]["drop"] == ["ALL"])
                check(f"{kind} {name} has a version", re.search(r":\d+\.\d+\.\d+$", container["image"]))
    for name, manifest in by_kind["Deployment"].items():
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        check(f"{name} is probed", {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys())
        for kind in ("Service", "PodDisruptionBudget", "NetworkPolicy"):
            check(f"{name} has a {kind}", name in by_kind[kind])
        unready, dead = (container[probe]["periodSeconds"] * container[probe]["failureThreshold"]
                         for probe in ("readinessProbe", "livenessProbe"))
        check(f"{overlay}: {name} is to be found as long as it answers without its database", unready > head_bound_seconds())
        check(f"{overlay}: {name} is not restarted before it is left alone, nor for being busy",
              dead > unready and container["livenessProbe"]["timeoutSeconds"] >= 5)
        budget = by_kind["PodDisruptionBudget"][name]["spec"]
        check(f"{overlay}: nodes can be drained while {name} waits for its database",
              budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow")
        # An autoscaler's choice must not be undone by whoever applies the manifests again.
        scaled = name in by_kind.get("HorizontalPodAutoscaler", {})
        check(f"{name} leaves its replicas to its autoscaler", not (scaled and "replicas" in manifest["spec"]))
        tls = any(mount["name"] == "tls" for mount in container["volumeMounts"])
        ports = {port["name"]: port for port in by_kind["Service"][name]["spec"]["ports"]}
        # Kubernetes defines kubernetes.io/h2c; https is IANA's.
        spoken = "https" if tls else "kubernetes.io/h2c"
        check(f"{overlay}: {name} says what it speaks", ports["grpc"]["appProtocol"] == spoken)


@functools.cache
def head_bound_seconds():
    """How long a registry that cannot read gives verdicts from memory."""
    sample = (DEPLOY / "config/registry.toml").read_text()
    return int(re.search(r"^#head_bound_seconds = (\d+)$", sample, re.MULTILINE)[1])


def rules_of_the_house(overlay, by_kind, tracing=False):
    workloads(overlay, by_kind)
    migrations(overlay, by_kind)
    production = overlay == "production"
    check_services(overlay, by_kind["NetworkPolicy"], databases=production, tracing=tracing)
    ports = {port["name"]: port["port"] for port in by_kind["Service"]["registry"]["spec"]["ports"]}
    check(f"{overlay}: the registry's HTTP has a name", ports["http"] == 7404)
    ways_in(by_kind)
    if production:
        rules_of_production(by_kind)


def migrations(overlay, by_kind):
    """Every service's schema is migrated, where its data can be reached."""
    for name in SERVICES:
        spec = by_kind["Deployment"][name]["spec"]
        pod = spec["template"]["spec"]
        first = [container["args"][:2] for container in pod.get("initContainers", [])]
        jobs = [job["spec"]["template"]["spec"]["containers"][0]["args"][:2] for job in by_kind.get("Job", {}).values()]
        check(f"{overlay}: {name} is migrated once", (first + jobs).count(["migrate", name]) == 1)
        images = {container["image"] for container in containers(pod)}
        check(f"{overlay}: {name} is migrated by what serves", len(images) == 1)
    # A volume for one node: whoever waits for it on another node waits for ever.
    for claim, manifest in by_kind["PersistentVolumeClaim"].items():
        users = [
            (kind, workload)
            for kind in ("Deployment", "Job")
            for workload, user in by_kind.get(kind, {}).items()
            for volume in user["spec"]["template"]["spec"]["volumes"]
            if volume.get("persistentVolumeClaim", {}).get("claimName") == claim
        ]
        by_the_clock = json.dumps(list(by_kind.get("CronJob", {}).values()))
        if not users and f'"claimName": "{claim}"' in by_the_clock:
            continue  # a job is on whatever node the volume is
        if "ReadWriteOnce" in manifest["spec"]["accessModes"]:
            check(f"{overlay}: {claim} is for one, and not for {users}", len(users) == 1)
            strategy = by_kind["Deployment"][users[0][1]]["spec"].get("strategy")
            check(f"{overlay}: and for one after the other", strategy == {"type": "Recreate"})


def selected(manifests, selector):
    """The manifests that `kubectl --selector` takes, in the two forms that upgrade.md needs."""
    label, excludes, names = re.fullmatch(r"([\w./]+)(=| notin )\(?([\w, -]+)\)?", selector).groups()
    values = names.split(", ")
    labelled = [(manifest, manifest["metadata"].get("labels", {}).get(label)) for manifest in manifests]
    return [manifest for manifest, value in labelled if (value in values) == (excludes == "=")]


def the_next_release(manifests):
    """The commands of upgrade.md: a Job's template cannot be changed, so no Job of the last release may be left."""
    page = (DEPLOY / "runbooks/upgrade.md").read_text()
    removed = re.search(r"delete job --selector '([^']+)'", page)[1]
    first = re.search(r"apply --kustomize \$overlay --selector '([^']+)'", page)[1]
    awaited = re.search(r"wait job --selector '([^']+)'", page)[1]
    rest, names = re.search(r'--selector "([\w./]+)=\$service"', page)[1], re.search(r"for service in ([\w ]+);", page)[1]

    rollout, verifiers = re.findall(r"```sh\n([^`]*overlay[^`]*)```", page)
    check("upgrade.md rolls verifiers out by themselves, and only behind a registry",
          "overlays/verifier" not in rollout
          and re.search(r"wait job .*&&\s+.*status deployment registry .*&&\s+.*overlays/verifier", verifiers))

    def identities(chosen):
        return {(manifest["kind"], manifest["metadata"]["name"]) for manifest in chosen}

    jobs = {identity for identity in identities(manifests) if identity[0] == "Job"}
    check("upgrade.md takes every Job away, and nothing else", identities(selected(manifests, removed)) == jobs)
    check("and waits for every new one", identities(selected(manifests, awaited)) == jobs)
    check("a finished Job makes room", all(
        manifest["spec"].get("ttlSecondsAfterFinished") for manifest in manifests if manifest["kind"] == "Job"))
    before = identities(selected(manifests, first))
    check("Jobs come before what serves", jobs <= before and not any(kind == "Deployment" for kind, _ in before))
    later = [identities(selected(manifests, f"{rest}={name}")) for name in names.split()]
    check("one service after the other, callees first", [
        [name for kind, name in chosen if kind == "Deployment"] for chosen in later
    ] == [["classification"], ["equivalence"], ["registry"]])
    check("nothing is forgotten", before.union(*later) == identities(manifests))


def keys_to_their_owner(by_kind):
    """The pod of upgrade.md that takes key files back from the pods' group."""
    page = (DEPLOY / "runbooks/upgrade.md").read_text()
    claim, written = re.search(r"^claim=([\w-]+)\n.*--overrides '(\{.*?\})'\n```", page, re.MULTILINE | re.DOTALL).groups()
    overrides = json.loads(written.replace("'$claim'", claim))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "keys-to-their-owner"}} | overrides
    hold_against_schema(json.dumps(pod))
    check(f"{claim} is there", claim in by_kind["PersistentVolumeClaim"])
    (container,), security = pod["spec"]["containers"], pod["spec"]["securityContext"]
    # With a group of its own the kubelet would open the files once more.
    check("it is their owner, and has no group of its own", security["runAsUser"] == 65532 and "fsGroup" not in security)
    rights = container["securityContext"]
    check("it may do no more than the services", rights["capabilities"]["drop"] == ["ALL"] and rights["readOnlyRootFilesystem"])


def ways_in(by_kind):
    (rule,) = by_kind["Ingress"]["registry"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    backend = path["backend"]["service"]
    check("the world reaches the page", (backend["name"], backend["port"]["name"]) == ("registry", "http"))
    public = by_kind["Service"]["registry-public"]["spec"]
    (port,) = public["ports"]
    way_in = (public["type"], public["selector"], port["port"], port["targetPort"])
    check("bodies and customs reach the registry", way_in == ("LoadBalancer", {"app.kubernetes.io/name": "registry"}, 7401, "grpc"))
    for name in SERVICES:
        check(f"{name} has TLS", ("Deployment", f"{name}-tls") in secrets_of(by_kind))


def rules_of_production(by_kind):
    secrets = secrets_of(by_kind)
    for name in SERVICES:
        check(f"{name} serves with its own password", ("Deployment", f"{name}-database") in secrets)
        check(f"{name} migrates with another", ("Job", f"{name}-owner-database") in secrets)
        check(f"{name} never sees that", ("Deployment", f"{name}-owner-database") not in secrets)
        check(f"{name} scales", name in by_kind["HorizontalPodAutoscaler"])
    connections = 0
    for name in SERVICES:
        (sample,) = (tomllib.loads(re.sub(r"^#((?:readers|writers) = )", r"\1", config["data"]["greenlane.toml"], flags=re.MULTILINE))
                     for found, config in by_kind["ConfigMap"].items() if found.rsplit("-", 1)[0] == name)
        store = sample[name]["store"]
        each = store.get("readers", 8) + store.get("writers", 8) + (name == "registry")
        # One more of each while a release is rolled out.
        connections += each * (by_kind["HorizontalPodAutoscaler"][name]["spec"]["maxReplicas"] + 1)
    told = int(re.search(r"max_connections of at least (\d+)", head_of("production"))[1])
    check(f"the head of production says that {connections} connections are wanted", told >= connections)


def rules_of_a_verifier(overlay, by_kind, tracing=False):
    """Neither keys nor a migration, and nothing within reach but a replica and the two services that it asks."""
    workloads(overlay, by_kind)
    holds = {"Job", "Secret", "PersistentVolumeClaim"}
    check("a verifier migrates nothing and holds nothing", not holds & by_kind.keys())
    spec = by_kind["Deployment"]["verifier"]["spec"]["template"]["spec"]
    lent = [{"configMap", "secret"} & volume.keys() for volume in spec["volumes"]]
    check("a verifier has no volume of its own", all(lent))
    running = {"HorizontalPodAutoscaler", "ServiceMonitor", "PodDisruptionBudget"}
    check("a verifier scales and is watched", running <= by_kind.keys())
    hosts, peers = ASKED[overlay]
    (config,) = by_kind["ConfigMap"].values()
    asked = tomllib.loads(config["data"]["greenlane.toml"])["registry"]
    given = variables(by_kind["Deployment"]["verifier"])
    for called in CALLS["registry"]:
        uri = given.get(f"GREENLANE__REGISTRY__{called}__URI".upper(), asked[called]["uri"])
        check(f"{overlay} asks {uri}", uri == f"https://{hosts.format(called)}:{PORTS[called]}")
        tls = {key: asked[called]["tls"].get(key) for key in ("cert", "key")}
        own = {"cert": "/run/secrets/tls/tls.crt", "key": "/run/secrets/tls/tls.key"}
        check(f"a verifier shows its certificate to {called}, whether it is asked to or not", tls == own)
    egress = {f"{peers[called]}:{PORTS[called]}" for called in CALLS["registry"]} | {DATABASE}
    check_verifier(overlay, by_kind["NetworkPolicy"], egress, tracing)
    check("its namespace may call", by_kind["Namespace"]["greenlane-verifier"]["metadata"]["labels"][
        "greenlane.example/client"] == "true")


def what_the_border_asks_is_offered(border, overlay, there):
    """Each service that a verifier asks from another cluster has a way in at that port, which leads to TLS of the service's
    own with that name in its certificate, and which lets in the same networks on its way as at its end."""
    written = head_of(overlay)
    asks = variables(border["Deployment"]["verifier"])
    for called in CALLS["registry"]:
        uri = asks[f"GREENLANE__REGISTRY__{called}__URI".upper()]
        host, port = re.fullmatch(r"https://([\w.-]+):(\d+)", uri).groups()
        ways = [service["spec"] for service in there["Service"].values() if service["spec"].get("type") == "LoadBalancer"
            and service["spec"]["selector"] == {"app.kubernetes.io/name": called}]
        check(f"{overlay} offers the {called} that the border asks at {uri}", len(ways) == 1)
        (door,) = ways[0]["ports"]
        behind = (door["port"], door["targetPort"], door["appProtocol"])
        check(f"{uri} leads to {called} and its TLS, and not {behind}", behind == (int(port), "grpc", "https"))
        check(f"{called} sees who calls", ways[0]["externalTrafficPolicy"] == "Local")
        on_the_way, at_its_end = ways[0].get("loadBalancerSourceRanges"), networks_into(there["NetworkPolicy"], called, port)
        check(f"{called} lets in {on_the_way} and {at_its_end}", on_the_way and set(on_the_way) == at_its_end)
        check(f"{overlay} wants {host} in {called}-tls", host.replace(called, "<service>") in written)


def variables(deployment):
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"]}


def rules_of_mutual_tls(by_kind):
    """Whoever is called demands a certificate of its callers, and of nobody else; whoever calls shows its own."""
    shown = {"CERT": "/run/secrets/tls/tls.crt", "KEY": "/run/secrets/tls/tls.key"}
    for name, deployment in by_kind["Deployment"].items():
        given = variables(deployment)
        check(f"{name} asks for certificates", given["GREENLANE__SERVER__TLS__CLIENT_CA"] == "/run/secrets/tls/ca.crt")
        if name in ("registry", "verifier"):
            # Bodies and customs have tokens, and no certificate of ours.
            check(f"{name} takes callers without one", given.get("GREENLANE__SERVER__TLS__CLIENT_OPTIONAL") == "true")
            check(f"{name} has no names", "GREENLANE__SERVER__TLS__CLIENT_NAMES" not in given)
        else:
            check(f"{name} demands one", "GREENLANE__SERVER__TLS__CLIENT_OPTIONAL" not in given)
            callers = {caller for caller, called in CALLS.items() if name in called}
            # A verifier calls as the registry does.
            callers |= {"verifier"} if "registry" in callers else set()
            names = json.loads(given["GREENLANE__SERVER__TLS__CLIENT_NAMES"])
            expected = {f"spiffe://greenlane.example/{caller}" for caller in callers | {"gateway", "operator"}}
            check(f"{name} serves {sorted(expected)} and not {names}", set(names) == expected)
        for called in CALLS.get(name, ()):
            own = {end: given.get(f"GREENLANE__{name}__{called}__TLS__{end}".upper()) for end in shown}
            check(f"{name} shows its certificate to {called}", own == shown)


def rules_of_revocation(by_kind):
    """Whoever is called looks at the lists of whose certificate was revoked, and so does whoever calls; both find them in the
    ConfigMap that the head of the component wants, and that the page fills."""
    head = (DEPLOY / "kubernetes/components/revocation/kustomization.yaml").read_text().split("apiVersion:")[0]
    page = (DEPLOY / "runbooks/key-compromise.md").read_text()
    for name, deployment in by_kind["Deployment"].items():
        given = variables(deployment)
        file = pathlib.PurePosixPath(given["GREENLANE__SERVER__TLS__CLIENT_CRL"])
        check(f"{name} has authorities whose lists those are", "GREENLANE__SERVER__TLS__CLIENT_CA" in given)
        for called in CALLS.get("registry" if name == "verifier" else name, ()):
            own = "REGISTRY" if name == "verifier" else name.upper()
            check(f"{name} looks whether {called}'s is revoked", given[f"GREENLANE__{own}__{called.upper()}__TLS__CRL"] == str(file))
        spec = deployment["spec"]["template"]["spec"]
        (volume,) = (mount["name"] for mount in spec["containers"][0]["volumeMounts"] if mount["mountPath"] == str(file.parent))
        (config,) = (found["configMap"]["name"] for found in spec["volumes"] if found["name"] == volume)
        check(f"the component says that {config} must be there, with {file.name}", f"`{config}` with the key {file.name}" in head)
        check(f"the page fills {config}", f"configmap {config} --from-file {file.name}=" in page)


def rules_of_tracing(by_kind):
    for name, deployment in by_kind["Deployment"].items():
        endpoint = variables(deployment)["GREENLANE__TELEMETRY__OTLP_ENDPOINT"]
        check(f"{name} sends where the policy lets it", endpoint == "http://otel-collector.monitoring.svc:4317")


def configurations(greenlane, by_kind):
    """Each container's file and variables, as its own program reads them."""
    for kind in ("Deployment", "Job"):
        for name, manifest in by_kind.get(kind, {}).items():
            spec = manifest["spec"]["template"]["spec"]
            (source,) = (volume["configMap"]["name"] for volume in spec["volumes"] if volume["name"] == "config")
            text = by_kind["ConfigMap"][source]["data"]["greenlane.toml"]
            for container in containers(spec):
                variables = {entry["name"]: entry["value"] for entry in container.get("env", [])}
                with tempfile.TemporaryDirectory() as folder:
                    file = pathlib.Path(folder) / "greenlane.toml"
                    file.write_text(text)
                    done = subprocess.run(
                        [greenlane, "health", "--config", file], capture_output=True, text=True, env=variables, check=False
                    )
                # It is understood, and nobody is there to answer.
                check(f"{kind} {name} is configured: {done.stderr}", "does not answer" in done.stderr)


def head_of(overlay):
    """What an overlay says of itself before it begins."""
    return (DEPLOY / "kubernetes/overlays" / overlay / "kustomization.yaml").read_text().split("apiVersion:")[0]


def what_must_be_there(overlay, by_kind):
    """The head of an overlay names every secret that it refers to; the script for databases makes its roles."""
    written = head_of(overlay)
    for _, secret in secrets_of(by_kind):
        forms = {secret} | {secret.replace(name, "<service>", 1) for name in SERVICES}
        check(f"{overlay} says that {secret} must be there", any(form in written for form in forms))
    script = (DEPLOY / "postgres/init/10-greenlane.sh").read_text()
    for deployment in (*by_kind["Deployment"].values(), *by_kind.get("Job", {}).values()):
        for url in (value for name, value in variables(deployment).items() if name.endswith("__STORE__URL")):
            given = re.fullmatch(r"postgres://(\w+)@[\w.-]+:5432/(\w+)\?(.*)", url)
            check(f"{url} says whose certificate PostgreSQL must show", given and given[3] == ENCRYPTED)
            role, database = given[1], given[2]
            made = f"CREATE ROLE {role.replace(database, '$service', 1).replace('$service_', '${service}_')} LOGIN"
            check(f"deploy/postgres/init makes {role}: {made}", made in script)
            check(f"{overlay} says so", "deploy/postgres/init/10-greenlane.sh" in written)


def what_must_be_filled_in(overlay, by_kind):
    """Whoever stands before the page is another in every cluster: what is shipped trusts nobody (RFC 5737), and the head of the
    overlay says that it is to be filled in."""
    to_be_filled_in = head_of(overlay).partition("to be filled in" if overlay == "border" else "To be filled in")[2]
    for config in by_kind["ConfigMap"].values():
        page = tomllib.loads(config["data"]["greenlane.toml"]).get("registry", {}).get("page", {})
        for proxies in page.get("trusted_proxies", []):
            example = ipaddress.ip_network(proxies).subnet_of(ipaddress.ip_network("192.0.2.0/24"))
            check(f"{overlay} trusts no proxy {proxies} that nobody has named", example)
            check(f"{overlay} says that trusted_proxies is to be filled in", "trusted_proxies" in to_be_filled_in)


def check_overlays(kubectl, promtool, greenlane):
    plain = {}
    for overlay, components in OVERLAYS:
        manifests = render(kubectl, overlay, *components)
        count = validate(manifests)
        by_kind = sorted_by_kind(manifests)
        rules = rules_of_a_verifier if overlay in ASKED else rules_of_the_house
        rules(overlay, by_kind, tracing="tracing" in components)
        if overlay in ("production", "small") or "mutual-tls" in components:
            rules_of_mutual_tls(by_kind)
        if "revocation" in components:
            rules_of_revocation(by_kind)
        if "tracing" in components:
            rules_of_tracing(by_kind)
        if not components:
            plain[overlay] = by_kind
            if overlay == "production":
                the_next_release(manifests)
                keys_to_their_owner(by_kind)
            if overlay != "border":  # which refers to the verifier's
                what_must_be_there(overlay, by_kind)
        configurations(greenlane, by_kind)
        what_must_be_filled_in(overlay, by_kind)
        named = " with ".join((overlay, ", ".join(components))) if components else overlay
        print(f"  {named}: {len(manifests)} manifests, {count} held against Kubernetes {KUBERNETES}")
    # In one cluster, and the border in another.
    production, verifier = plain["production"], plain["verifier"]
    for overlay in ("production", "small"):
        what_the_border_asks_is_offered(plain["border"], overlay, plain[overlay])
    together = {kind: production[kind] | verifier.get(kind, {}) for kind in ("ServiceMonitor", "Service", "PrometheusRule")}
    gone = {"verifier": "GreenlaneVerifierAbsent"}
    check_outage(promtool, together, dict.fromkeys(SERVICES, "GreenlaneAbsent") | gone)
    check_outage(promtool, plain["border"], gone)
    print("  somebody is paged when all are down, and when none is left")
