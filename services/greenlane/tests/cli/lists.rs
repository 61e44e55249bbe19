//! Green lists as files: pulled, edited, compared and applied as the rest of the catalogue.

use std::path::Path;

use crate::{Shell, example};

/// An invented list, and what is on it.
const OURS: &str = "\
- green_list:
    name: greenLists/ours
    titles: [{ language: en, text: An invented list }]
    owner: example.org
    edition: editions/HS2022
    source: { example: true }
- green_list_entry:
    name: greenLists/ours/entries/modules
    code: { edition: HS2022, code: \"854143\" }
    category: REP
- green_list_entry:
    name: greenLists/ours/entries/cells
    code: { edition: HS2022, code: \"854142\" }
";

/// Takes a draft of codes and lists to its revision.
fn publish(shell: &Shell, draft: &str) -> anyhow::Result<()> {
    let mint = "token mint --subject r --scope catalogue.review --scope catalogue.publish --out r.token --overwrite";
    shell.run(mint)?.expect(0);
    shell.run(&format!("code change propose {draft}"))?.expect(0);
    shell.run(&format!("code change review {draft} --approve --token-file r.token"))?.expect(0);
    shell.run(&format!("code change publish {draft} --confirm --token-file r.token"))?.expect(0);
    Ok(())
}

#[test]
fn green_lists_are_pulled_edited_and_applied_as_files() {
    whole().expect("it runs");
}

fn whole() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let read = |file: &str| std::fs::read_to_string(shell.folder.path().join(file));
    let write = |file: &str, text: &str| std::fs::write(shell.folder.path().join(file), text);
    shell.run("pull catalogue")?.expect(0);
    let apec = read("catalogue/green_lists/apec-54.yaml")?;
    let head =
        "# yaml-language-server: $schema=../catalogue.schema.json\n- green_list:\n    name: greenLists/apec-54\n";
    assert!(apec.starts_with(head) && apec.contains("narrowed: true"), "{apec}");
    assert!(apec.contains("- green_list_entry:\n    name: greenLists/apec-54/entries/"), "{apec}");
    for counted in ["version:", "entry_count:"] {
        assert!(!apec.contains(counted), "{counted} is the service's: {apec}");
    }
    assert_eq!(apec.matches("source:").count(), 1, "what is on a list comes from where the list does: {apec}");
    let same = shell.run("diff -f catalogue")?.expect(0).stderr;
    assert!(same.contains("as in the catalogue at revision 1 and the green lists at revision 1"), "{same}");

    write("catalogue/green_lists/ours.yaml", OURS)?;
    let differs = shell.run("diff -f catalogue")?.expect(10).stdout;
    assert!(differs.starts_with("+ greenLists/ours  (catalogue/green_lists/ours.yaml:2:5)\n"), "{differs}");
    assert!(differs.contains("    + code.code: 854143\n"), "{differs}");
    let applied = shell.run("apply -f catalogue --title Ours -o json")?.expect(0).json()?;
    assert_eq!((applied["changeSet"].as_str(), applied["notificationDuty"].is_null()), (Some(""), true), "{applied}");
    let of = |outcome: &str| {
        let items = applied["items"].as_array().into_iter().flatten();
        items.filter(|item| item["outcome"] == outcome).map(|item| item["name"].clone()).collect::<Vec<_>>()
    };
    let ours = ["greenLists/ours", "greenLists/ours/entries/modules", "greenLists/ours/entries/cells"];
    assert_eq!((of("created"), of("updated").len()), (ours.map(Into::into).to_vec(), 0));
    publish(&shell, applied["codeChangeSet"].as_str().unwrap_or_default())?;
    shell.run("diff -f catalogue")?.expect(0);
    // In the order of names, with every field where the contract has it: whatever order it was written in.
    shell.run("pull other")?.expect(0);
    let pulled = read("other/green_lists/ours.yaml")?;
    let at = |text: &str| pulled.find(text).unwrap_or_else(|| panic!("{text}: {pulled}"));
    assert!(at("entries/cells") < at("entries/modules") && at("edition: editions/HS2022") < at("entries/cells"));
    let entries = shell.run("list entries ours -o name")?.expect(0).stdout;
    assert_eq!(entries, "greenLists/ours/entries/cells\ngreenLists/ours/entries/modules\n");

    // Of what follows on another either may be written first.
    let follows = "- green_list_entry:\n    name: greenLists/ours/entries/a-later\n    code: { edition: HS2022, code: \"854142\" }\n    effective_from: \"2100-01-01\"\n";
    write("follows.yaml", follows)?;
    let overlap = shell.run("apply -f follows.yaml --title Later --dry-run")?.expect(2).stderr;
    assert!(
        overlap.contains("follows.yaml:3:11: code: the entry cells holds the code at the same time (overlap)"),
        "{overlap}"
    );
    let without_cells =
        OURS.split("- green_list_entry:\n    name: greenLists/ours/entries/cells").next().unwrap_or_default();
    write("follows.yaml", &format!("{follows}{without_cells}"))?;
    let follows = shell.run("apply -f follows.yaml --prune --until 2099-12-31 --title Later --dry-run")?.expect(0);
    assert!(follows.stdout.contains("retired") && follows.stderr.contains("--prune looks at the kinds"), "{follows:?}");

    // An entry that comes from elsewhere than its list is to says so, though the list as published comes from there too.
    let moved = OURS.replace("{ example: true }", "{ note: Another }") + "    source: { example: true }\n";
    write("moved.yaml", &moved)?;
    let moved = shell.run("diff -f moved.yaml")?.expect(10).stdout;
    assert!(moved.contains("~ greenLists/ours  (") && moved.contains("~ greenLists/ours/entries/cells  ("), "{moved}");

    // What a file has no more stays, or ends on the day that is said.
    write("ours.yaml", without_cells)?;
    shell.run("diff -f ours.yaml")?.expect(0);
    let until = shell.run("diff -f ours.yaml --prune")?.expect(2).stderr;
    assert!(
        until.contains("--prune would end 1 entry of green lists, such as greenLists/ours/entries/cells"),
        "{until}"
    );
    let pruned = shell.run("diff -f ours.yaml --prune --until 2099-12-31")?.expect(10).stdout;
    assert_eq!(pruned, "- greenLists/ours/entries/cells\n    + effective_to: 2099-12-31\n", "no other list ends");
    let late = shell.run("apply -f ours.yaml --prune --until 2020-12-31 --title End --dry-run")?.expect(0).stderr;
    assert!(late.contains("mind: --until 2020-12-31 is before ") && late.contains("after the fact"), "{late}");
    let draft = shell.run("apply -f ours.yaml --prune --until 2099-12-31 --title End -o name")?.expect(0).stdout;
    let shown = shell.run(&format!("code change get {} -o json", draft.trim()))?.expect(0).json()?;
    assert_eq!(shown["changeSet"]["changes"][0]["endEntry"]["effectiveTo"], "2099-12-31");

    // What is not in force is not shown by itself.
    let later = "- green_list_entry:\n    name: greenLists/ours/entries/later\n    code: { edition: HS2022, code: \"854149\" }\n    effective_from: \"2100-01-01\"\n";
    write("later.yaml", later)?;
    publish(&shell, shell.run("apply -f later.yaml --title Later -o name")?.expect(0).stdout.trim())?;
    let on_it =
        |dates: &str| Ok::<_, anyhow::Error>(shell.run(&format!("list entries ours {dates}"))?.expect(0).stdout);
    assert!(!on_it("")?.contains("854149"));
    for dates in ["--on 2100-06-01", "--all-dates"] {
        let shown = on_it(dates)?;
        assert!(shown.contains("854149") && shown.contains("2100-01-01"), "{dates}: {shown}");
    }
    let hint = shell.run("catalogue get greenLists/ours/entries/cells")?.expect(2).stderr;
    assert!(hint.contains("`greenlane get` shows"), "{hint}");
    Ok(())
}

#[test]
fn what_is_wrong_with_a_green_list_is_told_where_it_stands_in_the_file() {
    wrong().expect("it runs");
}

fn wrong() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let write = |text: &str| std::fs::write(shell.folder.path().join("ours.yaml"), text);
    write(&OURS.replace("854143", "999999").replace("\"854142\" }", "\"854142\" }\n    ex: true"))?;
    let told = shell.run("apply -f ours.yaml --title Ours")?.expect(2).stderr;
    for finding in [
        "ours.yaml:9:36: code.code: HS2022 has no code 999999 (code_unknown)",
        "ours.yaml:12:5: ex_descriptions: which part of the code is meant must be said (ex_without_description)",
    ] {
        assert!(told.contains(finding), "no {finding}: {told}");
    }
    // What the service cannot read, and what nobody can.
    write(&OURS.replace("category: REP", "effective_from: \"2026-02-30\""))?;
    let told = shell.run("diff -f ours.yaml")?.expect(2).stderr;
    assert!(told.contains("ours.yaml:10:21: effective_from: must be a date YYYY-MM-DD"), "{told}");
    let typed = OURS.replace("category: REP", "ex: ja").replace("titles:", "titels:").replace("854142", "999999");
    write(&typed.replace("greenLists/ours/entries/modules", "greenLists/ours"))?;
    let told = shell.run("diff -f ours.yaml")?.expect(2).stderr;
    for fault in [
        "ours.yaml:3:5: there is no field `titels` here; did you mean `titles`? There are name, titles, ",
        "ours.yaml:8:11: `greenLists/ours` is not of the form greenLists/LIST/entries/ENTRY",
        "ours.yaml:10:9: must be true or false",
        "ours.yaml:13:36: code.code: HS2022 has no code 999999 (code_unknown)",
    ] {
        assert!(told.contains(fault), "no {fault}: {told}");
    }
    assert!(told.contains("4 faults"), "that the faulty list is not there is none: {told}");
    Ok(())
}

#[test]
fn a_folder_of_both_becomes_a_change_set_of_each_service() {
    both().expect("it runs");
}

fn both() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let folder = shell.folder.path().join("new");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("ours.yaml"), OURS)?;
    let annex = Path::new(&example()?).with_file_name("new-annex").join("annex.yaml");
    std::fs::copy(annex, folder.join("annex.yaml"))?;
    let dry = shell.run("apply -f new --title New --dry-run")?.expect(0).stderr;
    assert_eq!(dry.matches("nothing was written").count(), 2, "{dry}");
    let would = shell.run("apply -f new --title New --dry-run")?.expect(0).stdout;
    let (all, checked) = (would.matches("created").count(), would.matches("would be created").count());
    assert!(checked > 0 && all == checked, "a check says so in the table: {would}");
    let drafted = shell.run("apply -f new --title New")?.expect(0).stderr;
    for next in ["next: greenlane change propose changeSets/", "next: greenlane code change propose changeSets/"] {
        assert!(drafted.contains(next), "no {next}: {drafted}");
    }
    // Nothing is drafted in one where the other refuses.
    std::fs::write(folder.join("ours.yaml"), OURS.replace("854143", "999999"))?;
    shell.run("apply -f new --title Once-more")?.expect(2);
    let drafts = shell.run("change list -o json")?.expect(0).json()?;
    assert_eq!(drafts["changeSets"].as_array().map(Vec::len), Some(1), "{drafts}");
    Ok(())
}

#[test]
fn who_may_not_read_green_lists_pulls_the_rest_and_is_told_so() {
    rest().expect("it runs");
}

fn rest() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.run("token mint --subject reader --scope catalogue.read --out reader.token")?.expect(0);
    let pulled = shell.run("pull catalogue --token-file reader.token")?.expect(0);
    assert!(pulled.stderr.contains("green lists are left out") && pulled.stdout.contains("annexes.yaml"), "{pulled:?}");
    assert!(!shell.folder.path().join("catalogue/green_lists").exists());
    shell.run("pull catalogue --kind green-lists --token-file reader.token")?.expect(4);
    std::fs::write(shell.folder.path().join("catalogue/ours.yaml"), OURS)?;
    let compared = shell.run("diff -f catalogue --token-file reader.token")?.expect(4).stderr;
    assert!(compared.starts_with("the files have green lists: whether these differ "), "{compared}");
    Ok(())
}
