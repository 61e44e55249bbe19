"""What the pages of deploy/runbooks promise: an alert's page is about it, the index is whole, whatever stops the log from
signing is on its page in the words of the program, and what rehearses a page is there and does it."""

import re

from checks import CHECKOUT, DEPLOY, check

RUNBOOKS = DEPLOY / "runbooks"
# A file that rehearses something, where it is named.
NAMED = re.compile(r"`((?:tests|deploy/lab|shared|services)/[^` ]+)`")
# A text that is the cause of LOG_INCONSISTENT.
CAUSE = re.compile(r'LogBroken\(\s*(?:format!\(\s*)?"((?:[^"\\]|\\.)*)"')


def check_pages(alerts):
    for alert in alerts:
        page = CHECKOUT / alert["annotations"]["runbook"]
        check(f"{alert['alert']} has its page {page}", page.is_file())
        check(f"{page.name} is about {alert['alert']}", alert["alert"] in page.read_text())
    pages = sorted(path for path in RUNBOOKS.glob("*.md") if path.name != "README.md")
    index = (RUNBOOKS / "README.md").read_text()
    for alert in alerts:
        check(f"the index names {alert['alert']}", alert["alert"] in index)
    for page in pages:
        check(f"the index names {page.name}", f"({page.name})" in index)
        check_rehearsal(page)
    check_table(index, pages)
    check_causes()
    return len(pages)


def check_rehearsal(page):
    """Each file that is said to rehearse a page is there, and holds tests or runs; one that is given the page's blocks
    names it, and a block that it looks for by its words is on the page."""
    text = page.read_text()
    said = re.search(r"^Rehearsed by .*", text, re.MULTILINE | re.DOTALL)
    check(f"{page.name} says what rehearses it", said)
    files = [CHECKOUT / name for name in re.findall(r"`((?:tests|deploy|shared|services)/[^` ]+)`", said[0])]
    check(f"{page.name} names a file that rehearses it", files)
    for file in files:
        check(f"{page.name}: {file} is there", file.is_file())
        source = file.read_text()
        tests = "#[test]" in source or "#[tokio::test" in source or re.search(r"\btest\w*!|\w_tests!", source)
        runs = file.suffix in (".py", "") and ("__main__" in source or source.startswith("#!"))
        check(f"{page.name}: {file.name} has tests, or is one", tests or runs)
    if "these commands" in said[0] or "each block" in said[0]:
        given = "".join(other.read_text() for file in files for other in (file, *file.parent.glob("*.py")))
        check(f"{page.name}: somebody carries its blocks out", f'{page.name}"' in given)


def check_table(index, pages):
    """What rehearses a page is in the index as it is on the page, each by its kind; and whoever is said to carry out what stands
    on a page reads that page."""
    table = index.split("## What is rehearsed\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| \[[^]]+\]\(([^)]+)\) \| (.*) \| (.*) \| (.*) \|$", table, re.MULTILINE)
    check("each page has one row of what is rehearsed", sorted(row[0] for row in rows) == [page.name for page in pages])
    for name, as_it_stands, otherwise, _ in rows:
        said = (RUNBOOKS / name).read_text().split("\nRehearsed by ")[1]
        ours, theirs = set(NAMED.findall(as_it_stands + otherwise)), set(NAMED.findall(said))
        check(f"the index has for {name} what the page has: {sorted(ours)} and {sorted(theirs)}", ours == theirs)
        for file in map(CHECKOUT.joinpath, NAMED.findall(as_it_stands)):
            own = [file.parent / f"{module}.py" for module in re.findall(r"^from (\w+) import", file.read_text(), re.MULTILINE)]
            sources = "".join(other.read_text() for other in (file, *own) if other.is_file())
            check(f"{file.name} reads {name}", f'{name}"' in sources)
        check(f"{name}: what is of the lab is said to be", ("deploy/lab/" in said) == ("lab: " in as_it_stands + otherwise))


def check_causes():
    """Every cause that the registry can tell is on the page, with a word in capitals where the program puts a value."""
    page = " ".join((RUNBOOKS / "log-not-signing.md").read_text().split())
    quoted = re.findall(r'\*"(.*?)"\*', page)
    sources = [path for path in (CHECKOUT / "services/registry/src").rglob("*.rs") if "tests" not in path.parts]
    causes = {cause for path in sources for cause in CAUSE.findall(path.read_text())}
    check("the registry tells causes", len(causes) > 8)
    for cause in sorted(causes):
        fixed = [re.escape(part) for part in re.split(r"\{[^}]*\}", cause)]
        form = re.compile(r"[A-Z/a-z.]+".join(fixed))
        check(f"log-not-signing.md has: {cause}", any(form.fullmatch(quote) for quote in quoted))
