"""Pages of deploy/runbooks, carried out as they are written."""

import contextlib
import json
import re
import shutil
import textwrap
import time

from engine import AT_THE_BORDER, BACK_SECONDS, CHECKOUT, SERVICES, Command, expect, issuing, mint, run
from guarded import answers, certificate_of

MANY = 60


def page_blocks(page):
    """The commands of a page of deploy/runbooks, block by block."""
    text = (CHECKOUT / "deploy/runbooks" / page).read_text()
    return [textwrap.dedent(block) for block in re.findall(r"^ *```sh\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)]


def page_block(page, *parts):
    (block,) = (block for block in page_blocks(page) if all(part in block for part in parts))
    return block


def health_follows_the_database(deployment):
    """deploy/runbooks/not-serving.md."""
    deployment.compose("stop", "postgres")
    print(f"  without its database: {deployment.wait_for_health('registry', ready=False).strip()}")
    deployment.compose("start", "postgres")
    deployment.wait_for_health("registry")
    print("  with it again: ready, and nothing was restarted")


def withdraw_many(deployment, program):
    """The commands of deploy/runbooks/mass-withdrawal.md, as they are written there, the loop twice."""
    command = Command(deployment, program)
    active = ("certificate", "list", "--state", "active", "--all", "-o", "name")
    there = command(*active, "--body", "bodies/aurora-cert").split()
    mint(deployment, program, "clerk", "certificates.read certificates.write", "--body", "bodies/aurora-cert")
    lists, trial, loop = page_blocks("mass-withdrawal.md")
    expect("listed as concerned", int(command.shell(lists)), len(there))
    expect(f"which is more than a page and {MANY}", len(there) > MANY > 50, True)
    # Somebody strikes the others off the list.
    file = deployment.folder / "concerned.txt"
    concerned = file.read_text().split()[:MANY]
    file.write_text("".join(f"{name}\n" for name in concerned))
    command.shell(trial)
    expect("withdrawn by the trial", len(there) - len(command(*active, "--body", "bodies/aurora-cert").split()), 0)
    (deployment.folder / "failed.txt").write_text("certificates/of-an-earlier-run\n")
    for _ in range(2):
        said = command.shell(loop).split()
        expect("withdrawn by the loop, and failed", (len(said) - 1, said[-1]), (len(concerned), "0"))
    expect("of them still active", len(set(concerned) & set(command(*active).split())), 0)


def bring_back(deployment, program):
    """deploy/runbooks/restore.md, log-not-signing.md and log-fork.md on SQLite: the wrong backup, what was there put back,
    and at last a new log with what is left."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    backup, restore = (page_block("restore.md", "maintain-registry", "registry-2026-11-25", verb) for verb in ("--keys", "--from"))
    deployment.shell(backup)
    late = command(*issue).strip()
    deployment.shell(restore)
    said = deployment.wait_for_health("registry", ready=False, saying="put back to an earlier state")
    print(f"  an old backup is noticed: {said.strip()}")
    expect("and nothing is issued on it", command.fails(*issue), True)
    deployment.compose("stop", "registry")
    put_back = page_block("log-not-signing.md", "registry.db.replaced-0")
    run("bash", "-euo", "pipefail", "-c", put_back, cwd=deployment.disk)
    deployment.compose("start", "registry")
    deployment.wait_for_health("registry")
    command("certificate", "get", late)
    expect("what was there is put back, and issues", command(*issue).startswith("certificates/"), True)
    shutil.rmtree(deployment.disk / "wrong")
    deployment.shell(restore)
    deployment.wait_for_health("registry", ready=False, saying="put back to an earlier state")
    deployment.environment["GREENLANE_LOG_ORIGIN"] = "registry.example.org/log-2"
    deployment.shell(page_block("log-fork.md", "docker compose"))
    deployment.wait_for_health("registry")
    expect("a new log goes on", command(*issue).startswith("certificates/"), True)
    note = json.loads(command("log", "checkpoint", "-o", "json"))["checkpoint"]
    expect("under its name", note["verifierKey"].split("+")[0], "registry.example.org/log-2")
    (deployment.disk / "registry.db.replaced-0").unlink()


def maintenance_is_of_the_databases_in_use(deployment):
    """On PostgreSQL the maintenance containers work on PostgreSQL, each as its service's owner, and copy no file of SQLite."""
    for service in SERVICES:
        ask = ("run", "--rm", "--no-deps", "-T", f"maintain-{service}")
        configured = (service, "--config", "/etc/greenlane/greenlane.toml")
        well, said = deployment.told(*ask, "migrate", *configured, "--check")
        expect(f"the schema of {service} is PostgreSQL's, and this version's", (well, "postgres://" in said), (True, True))
        well, said = deployment.told(*ask, "backup", *configured, "--out", f"/backups/{service}-of-nothing")
        expect(f"a backup of {service} by a file is refused", (well, "the database is not SQLite" in said), (False, True))


def bring_postgres_back(deployment, program):
    """deploy/runbooks/restore.md on PostgreSQL: a base backup, what was issued after it, both back, and an archive anew."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    deployment.shell(page_block("restore.md", "exec -T postgres sh /etc/greenlane/backup", "base-2026-11-25"))
    deployment.shell(page_block("restore.md", "sh /etc/greenlane/tidy"))
    late = command(*issue).strip()
    deployment.shell(page_block("restore.md", "sh /etc/greenlane/restore"))
    deployment.wait_for_health("registry")
    command("certificate", "get", late)
    expect("after a restore it has what was issued after the backup, and issues", bool(command(*issue)), True)
    psql = ("docker", "exec", deployment.container("postgres"), "psql", "-U", "postgres", "-Atc")
    expect("it archives", run(*psql, "SHOW archive_mode").strip(), "off")
    deployment.shell(page_block("restore.md", "sh /etc/greenlane/archive-on"))
    expect("then", run(*psql, "SHOW archive_mode").strip(), "on")
    deadline = time.monotonic() + BACK_SECONDS
    while run(*psql, "SELECT archived_count > 0 AND failed_count = 0 FROM pg_stat_archiver").strip() != "t":
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing is archived: {run(*psql, 'SELECT * FROM pg_stat_archiver')}")
        time.sleep(0.5)
    deployment.wait_for_health("registry")
    anew = page_block("restore.md", "docker volume rm").replace("compose_", f"{deployment.project}_")
    deployment.shell(anew)
    deployment.wait_for_health("verifier")
    later = command(*issue).strip()
    time.sleep(1)
    for name in (late, later):
        expect("the verifier on a new replica verifies", not command.fails("verify", name, *AT_THE_BORDER), True)


def bring_keys_back(deployment, program):
    """deploy/runbooks/restore.md, the keys of a registry on PostgreSQL: it is started without them, and signs nothing."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    deployment.shell(page_block("restore.md", "maintain-registry", "--keys-only"))
    place = run("docker", "volume", "inspect", "--format", "{{.Mountpoint}}", f"{deployment.project}_registry").strip()
    deployment.compose("stop", "registry")
    shutil.rmtree(f"{place}/keys")
    deployment.compose("start", "registry")
    said = deployment.wait_for_health("registry", ready=False, saying="LOG_INCONSISTENT")
    print(f"  without its keys the registry is not ready: {said.strip()}")
    expect("and issues nothing", command.fails(*issue), True)
    deployment.shell(page_block("restore.md", "keys.replaced-0", "docker volume").replace("compose_", f"{deployment.project}_"))
    deployment.wait_for_health("registry")
    expect("with them it issues", command(*issue).startswith("certificates/"), True)


def renew(deployment, program):
    """deploy/runbooks/credential-expiring.md: all certificates and tokens anew, and nothing is restarted."""
    servers = ("postgres", "postgres-replica")
    started = {name: fact["State"]["StartedAt"] for name, fact in deployment.all_containers().items()}
    before = {server: certificate_of(deployment, server) for server in servers}
    deployment.shell(page_block("credential-expiring.md", "init --renew"))
    deadline = time.monotonic() + BACK_SECONDS
    for server in servers:
        made = (deployment.folder / server / "tls.crt").read_text()
        while certificate_of(deployment, server) != made:
            if time.monotonic() > deadline:
                raise SystemExit(f"{server} shows another certificate than the new one")
            time.sleep(0.5)
        expect(f"{server} shows the new certificate", made != before[server], True)
    command = Command(deployment, program)
    expect("with what was made anew it issues", command(*issuing(deployment, program)).startswith("certificates/"), True)
    after = {name: fact["State"]["StartedAt"] for name, fact in deployment.all_containers().items()}
    expect("and nothing was restarted", after == started or (started, after), True)


def revoke(deployment, program):
    """deploy/runbooks/key-compromise.md, a TLS key: whoever stole it is refused, and the service with its new one is not."""
    thief = deployment.folder / "thief"
    shutil.copytree(deployment.folder / "equivalence", thief)
    called = {"classification": 7403, "registry": 7401}

    def heard(who):
        return [service for service, port in called.items() if answers(deployment, service, port, who)]

    expect("who stole a service's key is answered in its name by", heard("thief"), list(called))
    deployment.shell(page_block("key-compromise.md", "init --revoke"))
    for service in SERVICES:
        deployment.wait_for_health(service)
    expect("with the certificate revoked, by", heard("thief"), [])
    expect("and the service itself, with its new one, by", heard("equivalence"), list(called))
    command = Command(deployment, program)
    expect("it issues", command(*issuing(deployment, program)).startswith("certificates/"), True)
    shutil.rmtree(thief)


def ask_the_audit_trail(deployment):
    """deploy/runbooks/key-compromise.md, an issuer's key: the question to PostgreSQL, of the issuer and a time of ours."""
    asked = re.search(r'psql -d registry -c "(.*?)"', page_block("key-compromise.md", "psql -d registry"), re.DOTALL)[1]
    ours = asked.replace("https://id.example.org", "https://localhost/greenlane").replace("2026-11-24 12:00Z", "2026-01-01 00:00Z")
    expect("the question is about an issuer and a time", ours.count("localhost") + ours.count("2026-01-01"), 2)
    said = run("docker", "exec", deployment.container("postgres"), "psql", "-U", "postgres", "-d", "registry", "-Atc", ours)
    expect("it finds who issued certificates", "|clerk|" in said and "/IssueCertificate|" in said, True)


def upgrade(deployment, program):
    """deploy/runbooks/upgrade.md, with compose: another image in the place of the first, here the same by another name."""
    block = page_block("upgrade.md", "GREENLANE_IMAGE=")
    (image,) = re.findall(r"GREENLANE_IMAGE=(\S+)", block)
    run("docker", "tag", "greenlane:local", image)
    deployment.shell(block)
    deployment.environment["GREENLANE_IMAGE"] = image
    for service in SERVICES:
        deployment.wait_for_health(service)
        expect(f"{service} is of", deployment.inspect(service)["Config"]["Image"], image)
    command = Command(deployment, program)
    expect("it issues", command(*issuing(deployment, program)).startswith("certificates/"), True)


def fill_the_disk(deployment, program):
    """The registry's volume is a small disk: full, then with room again."""
    command = Command(deployment, program)
    issue = issuing(deployment, program)
    kept = command(*issue).strip()
    filler = deployment.disk / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    # The write-ahead log is used again from its beginning: what it has room for is still written.
    refused = any(command.fails(*issue) for _ in range(1_000))
    expect("issues refused while the disk is full", refused, True)
    expect("and it stays so", all(command.fails(*issue) for _ in range(5)), True)
    said = command("verify", kept, "--token-file", mint(deployment, program, "customs", "verify"))
    expect("verification goes on", "REFUSED" not in said, True)
    filler.unlink()
    expect("with room again it issues", command(*issue).startswith("certificates/"), True)
    expect("the log is whole", "—" in command("log", "checkpoint"), True)
