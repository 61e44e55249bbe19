//! The catalogue changes under four eyes, and what was known before stays readable.

use crate::{
    Shell,
    json::{CHANGE, CODES},
};

/// A change of the catalogue from its draft to revision 2.
pub(crate) fn publish(shell: &Shell) -> anyhow::Result<()> {
    std::fs::write(shell.folder.path().join("change.yaml"), CHANGE)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("change propose {draft}"))?.expect(0);
    let mint = "token mint --subject reviewer --scope catalogue.review --scope catalogue.publish --out other.token";
    shell.run(mint)?.expect(0);
    shell.run(&format!("change review {draft} --approve --token-file other.token"))?.expect(0);
    shell.run(&format!("change publish {draft} --confirm --token-file other.token"))?.expect(0);
    Ok(())
}

#[test]
fn a_change_needs_a_second_person_and_leaves_the_earlier_revision_as_it_was() {
    change().expect("it runs");
}

fn change() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("change.yaml"), CHANGE)?;
    assert_eq!(shell.run("change create --file change.yaml -o name --dry-run")?.expect(0).stdout, "", "none is made");
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    // What is shown can be given back, in each form that is for programs.
    let differs = shell.run(&format!("change diff {draft}"))?.expect(0).stdout;
    for output in ["yaml", "json"] {
        let got = shell.run(&format!("change get {draft} -o {output}"))?.expect(0).stdout;
        std::fs::write(shell.folder.path().join("got.yaml"), got)?;
        shell.run(&format!("change update {draft} --file got.yaml"))?.expect(0);
        assert_eq!(shell.run(&format!("change diff {draft}"))?.expect(0).stdout, differs, "{output}");
    }
    assert!(differs.contains("    + degree: identical\n") && differs.contains("+ source.example: true\n"), "{differs}");
    let rows = shell.run(&format!("change diff {draft} -o csv"))?.expect(0).stdout;
    assert!(
        rows.starts_with("ENTRY,OUTCOME,FIELD,BEFORE,AFTER\nequivalences/example,created,degree,,identical\n"),
        "{rows}"
    );
    let early = shell.run(&format!("change notify {draft}"))?.expect(5).stderr;
    assert!(early.contains("hint: its author proposes it first: greenlane change propose"), "{early}");
    shell.run(&format!("change propose {draft}"))?.expect(0);
    let alone = shell.run(&format!("change review {draft} --approve"))?.expect(5);
    assert!(alone.stderr.contains("FOUR_EYES") && alone.stderr.contains("hint: somebody else"), "{}", alone.stderr);
    let usage = shell.run(&format!("change review {draft}"))?.expect(2);
    assert!(usage.stderr.contains("--approve|--reject"), "{}", usage.stderr);

    shell
        .run("token mint --subject reviewer --scope catalogue.review --scope catalogue.publish --out other.token")?
        .expect(0);
    let rejected = format!("change review {draft} --reject --comment no --token-file other.token");
    assert!(shell.run(&rejected)?.expect(0).stderr.contains("nothing is written without --confirm"));
    shell.run(&format!("change review {draft} --approve --token-file other.token"))?.expect(0);
    let tried = shell.run(&format!("change publish {draft} --token-file other.token"))?.expect(0);
    assert!(tried.stderr.contains("nothing is written without --confirm"), "{}", tried.stderr);
    let approved = shell.run(&format!("change get {draft} -o json"))?.expect(0).json()?;
    assert_eq!(approved["changeSet"]["state"], "CHANGE_SET_STATE_APPROVED");
    let publish = format!("change publish {draft} --confirm --token-file other.token -o json");
    let published = shell.run(&publish)?.expect(0).json()?;
    assert_eq!(published["changeSet"]["state"], "CHANGE_SET_STATE_PUBLISHED");
    assert_eq!(published["revision"], 2);

    let watched = |words: &str| anyhow::Ok(shell.run(&format!("watch {words} --until-now -o name"))?.expect(0).stdout);
    assert_eq!(watched("catalogue --earliest")?, "1\n2\n");
    assert_eq!(watched("catalogue")?, "2\n");
    assert_eq!(watched("codes --earliest")?, "1\n");

    let now = shell.run("catalogue get equivalences/example")?.expect(0).stdout;
    let fields: Vec<Vec<&str>> = now.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(fields[..2], [vec!["Name", "equivalences/example"], vec!["Degree", "identical"]], "{now}");
    shell.run("catalogue get equivalences/example --revision 1")?.expect(3);
    shell.run("catalogue get equivalences/example --revision 2")?.expect(0);

    // Undone urgently: the reason is the new draft's, and it must be notified all the same, as what takes a route away.
    let undo = format!("change revert {draft} --reason wrong --urgent Fire. -o json");
    let undone = shell.run(&undo)?.expect(0).json()?;
    assert_eq!(undone["changeSet"]["urgencyReason"], "Fire.");
    let undone = undone["changeSet"]["name"].as_str().unwrap_or_default().to_owned();
    let again = shell.run(&format!("change revert {draft} --reason again"))?.expect(0).stderr;
    assert!(again.contains(&format!("mind: {undone} (draft) undoes {draft} too")), "{again}");
    for step in ["validate", "propose"] {
        let said = shell.run(&format!("change {step} {undone}"))?.expect(0).stderr;
        let (must, why) = ("must be notified, and can be published from ", "equivalences/example is retired");
        assert!(said.contains(must) && said.contains(why), "{said}");
    }
    Ok(())
}

#[test]
fn a_change_with_findings_lists_them_and_ends_with_10() {
    findings().expect("it runs");
}

fn findings() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let wrong = CHANGE.replace("standards/iec-61730-1-2016", "standards/nowhere");
    std::fs::write(shell.folder.path().join("change.yaml"), wrong)?;
    let draft = shell.run("change create --file change.yaml -o name")?.expect(0).stdout.trim().to_owned();
    let found = shell.run(&format!("change validate {draft}"))?.expect(10).stdout;
    assert!(found.contains("reference_dangling"), "{found}");
    let refused = shell.run(&format!("change propose {draft}"))?.expect(2).stderr;
    assert!(refused.contains("FIELD_VIOLATIONS"), "{refused}");
    Ok(())
}

#[test]
fn a_change_of_codes_goes_the_same_way_and_shows_what_it_does_field_by_field() {
    codes().expect("it runs");
}

fn codes() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("codes.yaml"), CODES)?;
    std::fs::write(shell.folder.path().join("title.yaml"), "title: A list of ours\nurgency_reason: Now.\n")?;
    let draft = shell.run("code change create --file codes.yaml -o name")?.expect(0).stdout.trim().to_owned();
    shell.run(&format!("code change update {draft} --file title.yaml"))?.expect(0);
    let listed = shell.run("code change list --state draft -o json")?.expect(0).json()?;
    assert_eq!(listed["changeSets"][0]["title"], "A list of ours");
    assert_eq!(listed["changeSets"][0]["urgencyReason"], "Now.");
    let none = shell.run("code change list --author somebody-else")?.expect(0);
    assert_eq!(none.stderr, "there are none\n");
    let diff = shell.run(&format!("code change diff {draft}"))?.expect(0).stdout;
    assert!(diff.contains("+ greenLists/example/entries/854143\n") && diff.contains("+ code: 854143\n"), "{diff}");
    let preview = shell.run(&format!("code change preview {draft}"))?.expect(0).stdout;
    let row: Vec<_> = preview.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row, ["greenLists/example", "entries", "created", "1", "0", "0", "0", "0"], "{preview}");
    shell.run(&format!("code change propose {draft}"))?.expect(0);
    let notified = shell.run(&format!("code change notify {draft}"))?.expect(0).stdout;
    assert!(notified.contains("GL/N/"), "{notified}");
    shell.run(&format!("code change comment {draft} --text Welcome."))?.expect(0);
    let comments = shell.run(&format!("code change comments {draft} -o csv"))?.expect(0).stdout;
    assert!(comments.contains("Welcome."), "{comments}");
    shell.run(&format!("code change withdraw {draft} --confirm --comment Later."))?.expect(0);
    Ok(())
}

#[test]
fn all_faults_of_a_folder_are_told_at_once_those_that_only_the_service_finds_too() {
    folder().expect("it runs");
}

fn folder() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let catalogue = shell.folder.path().join("catalogue");
    std::fs::create_dir(&catalogue)?;
    let named = |name: &str| REQUIREMENT.replace("requirements/xb-example", name).replace("EDITION", "HS2022");
    let write = |file: &str, text: String| std::fs::write(catalogue.join(file), text);
    write("a-broken.yaml", named("requirements/a").replace("market: XB", "market XB"))?;
    write("b-unknown.yaml", named("requirements/b").replace("mandatory:", "mandatry:"))?;
    write("c-twice.yaml", named("requirements/c") + &named("requirements/c"))?;
    write("d-dangling.yaml", named("requirements/d").replace("iec-61215-1-2021", "nowhere"))?;
    write("e-date.yaml", named("requirements/e").replace("2027-01-01", "2027-13-01"))?;
    // Refers to one that has a fault of its own.
    write("f-standard.yaml", "- standard: { name: standards/xb-f, titel: F }\n".to_owned())?;
    write("g-refers.yaml", named("requirements/g").replace("iec-61215-1-2021", "xb-f"))?;
    for command in ["diff -f catalogue", "apply -f catalogue --title New --dry-run"] {
        let told = shell.run(command)?.expect(2).stderr;
        for fault in [
            "catalogue/a-broken.yaml:3:5: there is no `: ` here",
            "catalogue/b-unknown.yaml:5:5: there is no field `mandatry` here",
            "catalogue/c-twice.yaml:14:11: `requirements/c` is in catalogue/c-twice.yaml:2:11 already",
            "`standards/nowhere` is not in the catalogue (reference_dangling)",
            "catalogue/d-dangling.yaml:9:",
            "catalogue/e-date.yaml:11:",
            "catalogue/f-standard.yaml:1:37: there is no field `titel` here",
            "designation: is required",
            "publisher: is required",
            "source.uri: is required",
        ] {
            assert!(told.contains(fault), "{command}: no {fault}: {told}");
        }
        assert!(!told.contains("g-refers") && told.contains("9 faults"), "{command}: {told}");
    }
    // Where the service cannot read some of it, what it finds in the rest comes with that.
    for file in ["a-broken", "b-unknown", "c-twice", "f-standard", "g-refers"] {
        std::fs::remove_file(catalogue.join(format!("{file}.yaml")))?;
    }
    let told = shell.run("diff -f catalogue")?.expect(2).stderr;
    assert!(told.contains("2 faults") && told.contains("e-date.yaml") && told.contains("standards/nowhere"), "{told}");
    Ok(())
}

#[test]
fn all_faults_of_one_entry_are_told_at_once_words_days_references_and_what_is_missing() {
    entry().expect("it runs");
}

fn entry() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let path = shell.folder.path().join("new.yaml");
    let good = REQUIREMENT.replace("EDITION", "HS2022");
    // Each of what can be wrong, alone: a type, a day, a reference, a word, a field that is missing.
    let slips = [
        ("mandatory: false", "mandatory: nein", "new.yaml:5:16: must be true or false"),
        ("2027-01-01", "2027-13-01", "new.yaml:11:23: validity.from: `2027-13-01` is no YYYY-MM-DD"),
        ("iec-61215-1-2021", "nowhere", "new.yaml:9:25: acceptances[0].target.name: `standards/nowhere` is not in"),
        ("{ economies", "{ origin_rule: any, economies", "new.yaml:10:19: there is no field `origin_rule` here"),
        ("    title: An invented requirement\n", "", ": title: is required"),
    ];
    let mut all = good.clone();
    for (right, wrong, told) in slips.iter().rev() {
        let one = good.replace(right, wrong);
        assert_ne!(one, good, "{right}");
        let moved = if wrong.is_empty() { *told } else { told.split_once(' ').map_or(*told, |(_, what)| what) };
        std::fs::write(&path, &one)?;
        let stderr = shell.run("diff -f new.yaml")?;
        assert!(stderr.stderr.contains(moved), "{moved}: {}", stderr.stderr);
        if !wrong.is_empty() {
            all = all.replace(right, wrong);
        }
    }
    std::fs::write(&path, &all)?;
    for command in ["diff -f new.yaml", "apply -f new.yaml --title New --dry-run"] {
        let told = shell.run(command)?.expect(2).stderr;
        for (_, wrong, fault) in slips {
            assert!(wrong.is_empty() || told.contains(fault), "{command}: no {fault}: {told}");
        }
        assert!(told.contains("4 faults"), "{command}: {told}");
        assert!(told.contains("an entry with a faulty field is not sent"), "{command}: {told}");
    }
    // What the service alone cannot read hides its references no more.
    std::fs::write(&path, good.replace("2027-01-01", "2027-13-01").replace("iec-61215-1-2021", "nowhere"))?;
    let told = shell.run("diff -f new.yaml")?.expect(2).stderr;
    assert!(told.contains("2 faults") && told.contains("2027-13-01") && told.contains("standards/nowhere"), "{told}");
    Ok(())
}

/// A requirement of the starter catalogue's XB.
const REQUIREMENT: &str = "\
- requirement:
    name: requirements/xb-example
    market: XB
    title: An invented requirement
    mandatory: false
    codes:
      - { code: { edition: EDITION, code: \"999999\" } }
    acceptances:
      - target: { name: standards/iec-61215-1-2021 }
        bodies: { economies: [XB] }
    validity: { from: \"2027-01-01\" }
    source: { example: true }
";

#[test]
fn a_code_that_does_not_exist_is_said_by_a_dry_run_and_by_diff_where_it_stands_in_the_file() {
    unknown_code().expect("it runs");
}

fn unknown_code() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let write =
        |edition: &str| std::fs::write(shell.folder.path().join("new.yaml"), REQUIREMENT.replace("EDITION", edition));
    let dry = "apply -f new.yaml --title New --dry-run";
    write("HS2020")?;
    let refused = shell.run(dry)?.expect(2).stderr;
    let finding = "new.yaml:7:42: codes[0].code.code: HS2020 999999: classification has no such edition; it has ";
    assert!(refused.contains(finding) && refused.contains("(edition_unknown)"), "{refused}");
    let diff = shell.run("diff -f new.yaml")?.expect(10);
    assert!(diff.stdout.starts_with("+ requirements/xb-example"), "{}", diff.stdout);
    assert!(diff.stderr.contains(finding), "{}", diff.stderr);

    // Of this edition the starter catalogue holds a part: what it cannot tell it says, and lets pass.
    write("HS2022")?;
    let said = "new.yaml:7:42: codes[0].code.code: HS2022 999999: whether it exists is not known";
    let stderr = shell.run(dry)?.expect(0).stderr;
    for part in ["1 entry would change; nothing was written", "can be published from ", "it does not tighten access"] {
        assert!(stderr.contains(part), "{stderr}");
    }
    for (words, code) in [(dry, 0), ("diff -f new.yaml", 10), ("apply -f new.yaml --title New", 0)] {
        let stderr = shell.run(words)?.expect(code).stderr;
        assert!(stderr.contains(said), "{words}: {stderr}");
    }
    let draft = shell.run("change list -o name")?.expect(0).stdout;
    shell.run(&format!("change validate {}", draft.trim()))?.expect(0);
    let said = shell.run(&format!("change propose {}", draft.trim()))?.expect(0).stderr;
    assert!(said.contains("codes[0].code.code: HS2022 999999: whether it exists is not known"), "{said}");
    Ok(())
}
