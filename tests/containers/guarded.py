"""Who may do what: secrets, mutual TLS, TLS to PostgreSQL, and the rights of its roles."""

import pathlib
import socket
import ssl
import struct
import subprocess

from engine import SERVICES, Command, expect, mint, run

# What each container knows, by the names of the files in its /run/greenlane.
SERVES = {"tls.crt", "tls.key", "database"}
SECRETS = {"registry": SERVES | {"token"}, "equivalence": SERVES | {"token"}, "classification": SERVES}
SECRETS |= {f"migrate-{service}": {"database"} for service in SERVICES}
SECRETS_AT_THE_BORDER = {"verifier": SERVES | {"token"}, "postgres-replica": {"tls.crt", "tls.key", "replication"}}


def look_at_secrets(deployment, secrets):
    """Nobody sees a secret that is another's."""
    owned, containers = {}, deployment.all_containers()
    for container, expected in secrets.items():
        seen = {}
        for mount in containers[container]["Mounts"]:
            source = pathlib.Path(mount["Source"])
            if mount["Destination"].startswith("/run/greenlane"):
                files = source.iterdir() if source.is_dir() else [source]
                name = pathlib.PurePath(mount["Destination"]).name
                seen |= {file.name if source.is_dir() else name: file.read_text() for file in files}
        expect(f"{container} sees", sorted(seen), sorted(expected))
        for name, secret in seen.items():
            if name in {"database", "token", "tls.key", "replication"}:
                expect(f"{container}'s {name} is its own", owned.setdefault(secret, container), container)


def answers(deployment, service, port, shows):
    """Whether a service talks to whoever shows this certificate, of `state`; none is `None`."""
    context = ssl.create_default_context(cafile=deployment.folder / "public/ca.crt")
    context.set_alpn_protocols(["h2"])
    if shows:
        context.load_cert_chain(*(deployment.folder / shows / f"tls.{part}" for part in ("crt", "key")))
    try:
        with socket.create_connection(("localhost", port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname=service) as connection:
                connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
                return bool(connection.recv(1))
    except (ssl.SSLError, ConnectionError):
        return False


def look_at_mutual_tls(deployment):
    """Only named callers get through to equivalence and classification."""
    callers = (None, "registry", "equivalence", "classification", "verifier", "operator")
    named = {("equivalence", 7402): ["registry", "verifier", "operator"],
             ("classification", 7403): ["registry", "equivalence", "verifier", "operator"],
             ("registry", 7401): list(callers)}
    for (service, port), expected in named.items():
        heard = [caller for caller in callers if answers(deployment, service, port, caller)]
        expect(f"{service} answers", heard, expected)


def look_at_bound_tokens(deployment, program):
    """A token that is bound to a certificate (RFC 8705) is worth nothing to whoever has the token alone."""
    of_operator = deployment.folder / "operator/tls.crt"
    bound = mint(deployment, program, "bound", "verify", "--client-certificate", of_operator)
    command = Command(deployment, program)
    name = command("certificate", "list", "-o", "name").split()[0]
    whole = deployment.folder / "greenlane-data/client.toml"
    bare = whole.with_name("bare.toml")
    bare.write_text("".join(line for line in whole.open() if not line.startswith(("tls_cert", "tls_key"))))
    others = ("--tls-cert", deployment.folder / "registry/tls.crt", "--tls-key", deployment.folder / "registry/tls.key")
    said = {}
    for shown, context, more in (("its", whole, ()), ("no", bare, ()), ("another's", bare, others)):
        arguments = [str(part) for part in (program, "verify", name, "--token-file", bound, *more)]
        done = subprocess.run(arguments, cwd=deployment.folder, capture_output=True, text=True, check=False,
                              env=command.environment | {"GREENLANE_CONTEXT": str(context)})
        is_refused = "bound to a client certificate" in done.stderr
        # 10 is a verdict too: of one that is not in force any more.
        said[shown] = "answered" if done.returncode in (0, 10) else "refused" if is_refused else done.stderr
    expect("a bound token, with which certificate", said, {"its": "answered", "no": "refused", "another's": "refused"})
    bare.unlink()
    bound.unlink()


def look_at_database_tls(deployment, server, roles):
    """Whoever is connected to PostgreSQL over the network is so by TLS."""
    asked = "SELECT DISTINCT usename || ' ' || ssl || ' ' || coalesce(version, '-') FROM pg_stat_ssl " \
        "JOIN pg_stat_activity USING (pid) WHERE client_addr IS NOT NULL"
    psql = ("docker", "exec", deployment.container(server), "psql", "-U", "postgres", "-Atc")
    said = sorted(run(*psql, asked).splitlines())
    expect(f"connections to {server}", said, [f"{role} true TLSv1.3" for role in sorted(roles)])


def look_at_the_databases_door(deployment):
    """Nobody is let in without TLS."""
    enter = "PGPASSWORD=$(cat /run/greenlane/registry) psql -AtXc 'SELECT 1' 'host=postgres user=registry sslmode={}'"
    command = ["docker", "exec", deployment.container("postgres"), "sh", "-c"]
    tries = {mode: subprocess.run([*command, enter.format(mode)], capture_output=True, text=True, check=False)
             for mode in ("require", "disable")}
    expect("with its password and TLS the registry's role is let in", tries["require"].stdout.strip(), "1")
    refused = "no encryption" in tries["disable"].stderr
    expect("and without TLS it is not", (tries["disable"].returncode, refused), (2, True))


def certificate_of(deployment, server):
    """What PostgreSQL shows to whoever connects now, who believes our authority and asks for that name."""
    networks = deployment.inspect(server)["NetworkSettings"]["Networks"].values()
    (address,) = (network["IPAddress"] for network in networks)
    context = ssl.create_default_context(cafile=deployment.folder / "public/ca.crt")
    with socket.create_connection((address, 5432), timeout=10) as plain:
        plain.sendall(struct.pack("!ii", 8, 80877103))  # SSLRequest
        expect(f"{server} speaks TLS", plain.recv(1), b"S")
        with context.wrap_socket(plain, server_hostname=server) as connection:
            return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True))


def as_role(deployment, role, database, statements):
    """What PostgreSQL says to statements of a role, each in a transaction of its own, of which nothing stays."""
    script = "\\set VERBOSITY sqlstate\n" + "".join(f"BEGIN; {statement}; ROLLBACK;\n" for statement in statements)
    psql = ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", f"--username={role}", f"--dbname={database}"]
    done = subprocess.run(["docker", "exec", "--interactive", deployment.container("postgres"), *psql],
        input=script, capture_output=True, text=True, check=False)
    return done.stdout.split(), done.stderr.splitlines()


def look_at_rights(deployment):
    """A role can do its work and nothing else, whoever has its password."""
    nobody = ["CREATE TABLE mine (id int)", "CREATE SCHEMA mine", "CREATE ROLE mine", "DROP TABLE audit_record",
              "ALTER TABLE audit_record ADD COLUMN mine int", "TRUNCATE audit_record", "DELETE FROM audit_record",
              "UPDATE audit_record SET id = id", "DELETE FROM seaql_migrations", "INSERT INTO seaql_migrations DEFAULT VALUES",
              "COPY audit_record TO PROGRAM 'true'", "ALTER EVENT TRIGGER narrow DISABLE", "SELECT pg_read_file('PG_VERSION')"]
    of_the_log = ["DELETE FROM log_entry", "UPDATE log_entry SET leaf = leaf", "TRUNCATE log_entry", "DELETE FROM log_tile",
                  "DELETE FROM log_head", "DELETE FROM log_checkpoint", "DROP TABLE log_entry", "DELETE FROM log_evidence",
                  "UPDATE log_evidence SET note = note", "DELETE FROM log_cosignature", "UPDATE log_cosignature SET line = line"]
    unserved = ("audit_record", "idempotency_record", "log_evidence", "witnessed", "trace_epcis", "trace_input")
    of_a_verifier = [*(f"SELECT count(*) FROM {table}" for table in unserved),
                     "DELETE FROM certificate", "UPDATE log_head SET size = size", "INSERT INTO log_entry DEFAULT VALUES"]
    tries = {service: nobody for service in SERVICES}
    tries |= {"registry": nobody + of_the_log, "verifier": nobody + of_the_log + of_a_verifier}
    for role, statements in tries.items():
        # The first is allowed, or the refusals would show nothing.
        there = "log_entry" if role == "verifier" else "audit_record"
        read = [f"SELECT 'read' FROM (SELECT count(*) FROM {there}) AS all_of_them"]
        said = as_role(deployment, role, "registry" if role == "verifier" else role, read + statements)
        refused = (["read"], ["ERROR:  42501"] * len(statements))
        expect(f"{role} reads, and is refused {len(statements)} statements", said == refused or said, True)
    enters = "SELECT r.rolname || '@' || d.datname FROM pg_roles r, pg_database d WHERE r.rolcanlogin AND NOT r.rolsuper " \
        "AND NOT r.rolreplication AND d.datname = ANY('{registry,equivalence,classification}') AND r.rolname !~ '_owner$' " \
        "AND has_database_privilege(r.rolname, d.datname, 'CONNECT')"
    entered, _ = as_role(deployment, "postgres", "postgres", [enters])
    expect("and each enters", sorted(entered), sorted([*(f"{service}@{service}" for service in SERVICES), "verifier@registry"]))
