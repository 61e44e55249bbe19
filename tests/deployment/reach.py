"""Who may reach whom by the NetworkPolicies of an overlay: every peer and port of every rule, and nothing beside them."""

import re

from checks import SERVICES, check

PORTS = {"registry": 7401, "equivalence": 7402, "classification": 7403}
METRICS = {"registry": 9401, "equivalence": 9402, "classification": 9403, "verifier": 9401}
# Whom a service calls.
CALLS = {"registry": ("equivalence", "classification"), "equivalence": ("classification",), "classification": ()}
ISSUERS = "192.0.2.10/32:443"
DATABASE = "databases/postgres:5432"
# A border and administrators, who call from outside.
NEIGHBOURS = ("198.51.100.10/32", "198.51.100.20/32")
COLLECTOR = "monitoring/otel-collector:4317"
NAMES = {"* -> kube-system/kube-dns:53/UDP", "* -> kube-system/kube-dns:53"}


def pods(selector):
    if not selector:
        return ["*"]
    if "matchExpressions" in selector:
        (expression,) = selector["matchExpressions"]
        check("pods are named", (expression["key"], expression["operator"]) == ("app.kubernetes.io/name", "In"))
        return expression["values"]
    ((_, name),) = selector["matchLabels"].items()
    return [name]


def peer(entry):
    if "ipBlock" in entry:
        return entry["ipBlock"]["cidr"]
    where = ""
    if "namespaceSelector" in entry:
        ((label, value),) = entry["namespaceSelector"]["matchLabels"].items()
        where = f"{value}/" if label == "kubernetes.io/metadata.name" else f"{label}={value}/"
    (who,) = pods(entry.get("podSelector"))
    return where + who


def arrows(policies, direction):
    """As `registry -> equivalence:7402`. A rule without peers is one for all the world."""
    found = set()
    for policy in policies.values():
        spec = policy["spec"]
        for rule in spec.get(direction, []):
            ends = [peer(entry) for entry in rule.get("to") or rule.get("from") or []] or ["anywhere"]
            for port in rule.get("ports") or [{"port": "any"}]:
                door = str(port["port"]) + ("/UDP" if port.get("protocol") == "UDP" else "")
                for own in pods(spec["podSelector"]):
                    ways = ((own, end) if direction == "egress" else (end, own) for end in ends)
                    found |= {f"{start} -> {end}:{door}" for start, end in ways}
    return found


def networks_into(policies, name, port):
    """The networks whose machines may reach a port, inside the cluster and outside."""
    ways = (arrow.split(" -> ") for arrow in arrows(policies, "ingress"))
    return {start for start, end in ways if end == f"{name}:{port}" and re.fullmatch(r"[\d.]+/\d+", start)}


def into(name, port):
    """Who may reach what serves: callers, and those who watch."""
    callers = {f"greenlane.example/client=true/* -> {name}:{port}", f"monitoring/* -> {name}:{METRICS[name]}"}
    if port == PORTS["registry"]:
        callers.add(f"greenlane.example/ingress=true/* -> {name}:7404")
    return callers | {f"{caller} -> {name}:{port}" for caller, called in CALLS.items() if name in called}


def compare(overlay, policies, egress, ingress):
    deny = policies["deny-all"]["spec"]
    check(f"{overlay}: what is not named is denied", deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
    for direction, expected in (("egress", egress | NAMES), ("ingress", ingress)):
        found = arrows(policies, direction)
        check(f"{overlay}, {direction}: too much {sorted(found - expected)}, too little {sorted(expected - found)}",
            found == expected)


def check_services(overlay, policies, databases, tracing):
    egress = {f"{name} -> {called}:{PORTS[called]}" for name in SERVICES for called in CALLS[name]}
    egress |= {f"{name} -> {ISSUERS}" for name in SERVICES}
    if databases:
        egress |= {f"{name}{role} -> {DATABASE}" for name in SERVICES for role in ("", "-migrate")}
        egress.add(f"registry-new-log -> {DATABASE}")
    if tracing:
        egress |= {f"{name} -> {COLLECTOR}" for name in (*SERVICES, "verifier")}
    ingress = set().union(*(into(name, PORTS[name]) for name in SERVICES))
    # Bodies and customs, from wherever they are.
    ingress.add(f"0.0.0.0/0 -> registry:{PORTS['registry']}")
    # Whoever else calls from outside, from where it is known to be.
    ingress |= {f"{neighbour} -> {name}:{PORTS[name]}" for neighbour in NEIGHBOURS for name in CALLS["registry"]}
    compare(overlay, policies, egress, ingress)


def check_verifier(overlay, policies, ends, tracing):
    """It reaches a replica, the two services that it asks, and the issuers."""
    egress = {f"verifier -> {end}" for end in (*ends, ISSUERS)}
    if tracing:
        egress |= {f"{name} -> {COLLECTOR}" for name in (*SERVICES, "verifier")}
    compare(overlay, policies, egress, into("verifier", PORTS["registry"]))
