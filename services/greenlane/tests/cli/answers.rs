//! What answers say beside the plain thing: from when on, for the second time, how to go on.

use std::collections::BTreeSet;

use greenlane_platform::clock::Clock;

use crate::Shell;

#[test]
fn a_step_that_takes_effect_later_says_when_and_a_watch_says_it_too() {
    announced().expect("it runs");
}

fn announced() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let suspend =
        format!("certificate suspend {certificate} --reason nonconformity --remedy Mend. --token-file clerk.token");
    let day = Clock::system().today() + chrono::TimeDelta::days(60);
    // Only checked, it announces nothing.
    let check = shell.run(&format!("{suspend} --effective {day} --dry-run"))?.expect(0).stderr;
    assert!(check.contains("it would take effect on") && !check.contains("announced"), "{check}");
    let told = shell.run(&format!("{suspend} --effective {day}"))?.expect(0);
    assert!(told.stdout.contains(&format!("suspend from {day}T00:00:00Z")), "{}", told.stdout);
    let said = format!("announced: it takes effect on {day}T00:00:00Z; until then the certificate is active");
    assert!(told.stderr.contains(&said), "{}", told.stderr);

    let got = shell.run(&format!("certificate get {certificate}"))?.expect(0).stdout;
    assert!(got.contains("Announced") && got.contains(&format!("suspend from {day}T00:00:00Z")), "{got}");

    let watched = shell.run("watch certificates --earliest --until-now")?.expect(0);
    assert!(watched.stdout.contains(&format!("suspended from {day}T00:00:00Z")), "{}", watched.stdout);
    let revision = watched.stdout.lines().last().and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    let said = format!("from the oldest event on\ngo on where it ended with: --after {revision}\n");
    assert_eq!(watched.stderr, said);

    // What takes effect at once has nothing to announce.
    let now = shell.run(&suspend)?.expect(0);
    assert!(!now.stdout.contains("Announced") && !now.stderr.contains("announced"), "{} {}", now.stdout, now.stderr);
    let got = shell.run(&format!("certificate get {certificate}"))?.expect(0).stdout;
    assert!(!got.contains("Announced"), "it was overtaken: {got}");

    // An announced amendment is of a version that is not valid yet, while the certificate is.
    shell.run(&format!("certificate reinstate {certificate} --reason remedied --token-file clerk.token"))?.expect(0);
    std::fs::write(shell.folder.path().join("scope.yaml"), "scope: Other words.\n")?;
    let amend = format!("certificate amend {certificate} -f scope.yaml --kind correct --reason ordinary");
    let amended = shell.run(&format!("{amend} --effective {day} --token-file clerk.token"))?.expect(0);
    assert!(amended.stderr.contains("the certificate is as it was: version 2 does not count"), "{}", amended.stderr);
    assert!(
        !amended.stdout.contains("not-yet-valid") && !amended.stderr.contains("not-yet-valid"),
        "{}",
        amended.stdout
    );

    // Nor is what is announced to be withdrawn withdrawn.
    let withdraw = format!("certificate withdraw {certificate} --reason safety --text t --confirm --effective {day}");
    shell.run(&format!("{withdraw} --token-file clerk.token"))?.expect(0);
    let renew = "--valid-until 2040-01-01 --authorised-by Head --reason ordinary --token-file clerk.token";
    let refused = shell.run(&format!("certificate renew {certificate} {renew}"))?.expect(5).stderr;
    assert!(refused.contains(&format!("is announced to be withdrawn from {day}T00:00:00Z")), "{refused}");
    assert!(refused.contains("hint: see what was announced: greenlane certificate history"), "{refused}");
    let event = shell.run(&format!("certificate history {certificate} -o name"))?.expect(0).stdout;
    let event = event.lines().last().unwrap_or_default();
    let shown = shell.run(&format!("get {event}"))?.expect(0).stdout;
    assert!(shown.lines().any(|line| line.starts_with("Kind ") && line.ends_with(" withdraw")), "{shown}");
    shell.run(&format!("get {certificate}/events/999"))?.expect(3);
    Ok(())
}

#[test]
fn what_is_near_a_code_that_is_none_is_said_where_several_are_asked_for_and_where_it_is_searched() {
    near_codes().expect("it runs");
}

fn near_codes() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let got = shell.run("code get HS2022:854143 HS2022:854140 HS2022:854199")?.expect(3).stdout;
    assert!(got.contains("NEAREST") && got.contains("HS2022:8541"), "{got}");
    let row = |code: &str| got.lines().find(|line| line.contains(code)).unwrap_or_default().to_owned();
    assert!(row("HS2022:854140").contains("HS2017"), "{got}");
    let nearest = |row: &str| row.split_whitespace().any(|word| word == "HS2022:8541");
    assert!(nearest(&row("HS2022:854199")) && !nearest(&row("HS2022:854143")), "{got}");
    let translated = shell.run("code translate HS2022:854143 HS2022:854140 --to HS2017")?.expect(3).stdout;
    let gone = translated.lines().find(|line| line.contains("HS2022:854140")).unwrap_or_default();
    assert!(gone.contains("HS2017") && nearest(gone), "{translated}");
    let searched = shell.run("code search 854140")?.expect(0).stderr;
    assert!(searched.contains("854140 is a code of HS2017\nnearest to it: HS2022:8541\n"), "{searched}");
    Ok(())
}

#[test]
fn a_step_that_takes_effect_later_in_the_day_is_not_announced_but_counts() {
    later_today().expect("it runs");
}

fn later_today() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let tonight = format!("{}T23:59:59Z", Clock::system().today());
    let withdraw =
        format!("certificate withdraw {certificate} --reason safety --text t --confirm --token-file clerk.token");
    let told = shell.run(&format!("{withdraw} --effective {tonight}"))?.expect(0);
    assert!(
        !told.stdout.contains("Announced") && !told.stderr.contains("announced"),
        "{} {}",
        told.stdout,
        told.stderr
    );
    let got = shell.run(&format!("certificate get {certificate}"))?.expect(0).stdout;
    assert!(got.contains("withdrawn") && !got.contains("Announced"), "{got}");
    // Nothing overtakes it any more.
    let suspend =
        format!("certificate suspend {certificate} --reason nonconformity --remedy Mend. --token-file clerk.token");
    shell.run(&suspend)?.expect(5);
    Ok(())
}

#[test]
fn a_declaration_that_is_written_off_already_is_refused_with_the_record_that_stands() {
    written_off().expect("it runs");
}

fn written_off() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let mint =
        "token mint --subject port --economy XB --scope write_offs.write --scope write_offs.read --out port.token";
    shell.run(mint)?.expect(0);
    let record = |quantity: &str| {
        let words = format!("write-off record {certificate} --economy XB --declaration 26XB1/1 --quantity {quantity}");
        shell.run(&format!("{words} --token-file port.token"))
    };
    let first = record("5:C62")?.expect(0).stdout;
    assert!(first.contains("5 C62"), "{first}");
    let name = first.split_whitespace().find(|word| word.starts_with("writeOffs/")).unwrap_or_default().to_owned();
    let again = record("5:C62")?.expect(5).stderr;
    let look = format!("hint: look at it: greenlane write-off get {name}; ");
    for part in ["`26XB1/1` is written off already", &name, "RESOURCE_EXISTS", &look] {
        assert!(again.contains(part), "`{part}` is not in {again}");
    }
    let balance =
        format!("verify {certificate} --code HS2022:854143 --origin XA --destination XB --model EX-450M --balance");
    let none = shell.run(&balance)?.expect(0).stderr;
    assert!(none.contains("names no quantity"), "{none}");
    let limited = std::fs::read_to_string(crate::example()?)?
        .replace("    origin: XA\n", "    origin: XA\n    quantity: { amount: \"100\", unit: C62 }\n");
    std::fs::write(shell.folder.path().join("limited.yaml"), limited)?;
    let issue = "certificate issue --body aurora-cert --file limited.yaml --token-file clerk.token -o name";
    let other = shell.run(issue)?.expect(0).stdout.trim().to_owned();
    // Customs is where we are.
    shell
        .run(&format!(
            "write-off record {other} --here XB --declaration 26XB2/1 --quantity 60:C62 --token-file port.token"
        ))?
        .expect(0);
    let balance = balance.replace(&certificate, &other);
    let told = shell.run(&balance)?.expect(0).stdout;
    assert!(told.contains("Not written off: 40 of 100 C62 of Example photovoltaic module, 450 W."), "{told}");
    let csv = shell.run(&format!("{balance} -o csv"))?.expect(0).stdout;
    assert!(csv.lines().next().is_some_and(|it| it.ends_with(",LEFT")) && csv.contains("40 of 100 C62"), "{csv}");
    let negative = record("-5:C62")?.expect(2).stderr;
    assert!(negative.contains("--quantity: "), "the service says what is wrong with it: {negative}");
    let unknown = record("5:PCS")?.expect(2).stderr;
    assert!(unknown.contains("\n  --quantity: unit: ") && unknown.contains("Recommendation 20"), "{unknown}");
    let reject = format!("write-off reject {certificate} --economy XB --declaration 26XB9/1 --reason other --text t");
    let refused = shell.run(&format!("{reject} --confirm --token-file port.token -o name"))?.expect(0).stdout;
    let reverse = format!("write-off reverse {} --text t --confirm --token-file port.token", refused.trim());
    let told = shell.run(&reverse)?.expect(5).stderr;
    assert!(told.contains(&format!("`{}` is a rejection: only a use is reversed\n", refused.trim())), "{told}");
    assert!(told.contains("\nhint: what was let in is what can be reversed: greenlane write-off list --kind use\n"));
    Ok(())
}

#[test]
fn a_repeated_import_says_what_is_there_already_and_a_trial_that_nothing_was_written() {
    imported().expect("it runs");
}

fn imported() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.certify()?;
    let facts: serde_json::Value = serde_yaml_ng::from_str(&std::fs::read_to_string(crate::example()?)?)?;
    std::fs::write(shell.folder.path().join("rows.ndjson"), format!("{facts}\n"))?;
    let import = "certificate import rows.ndjson --body bodies/aurora-cert --token-file clerk.token";
    let rows = |words: &str| -> anyhow::Result<(String, String)> {
        let run = shell.run(&format!("{import} {words}"))?.expect(0);
        Ok((run.stdout.split_whitespace().collect::<Vec<_>>().join(" "), run.stderr))
    };
    let (trial, talk) = rows("")?;
    assert_eq!(trial, "Rows read 1 Can be imported 1 Already there 0 Refused 0");
    assert!(talk.contains("nothing was written"), "{talk}");
    let name = shell.run(&format!("{import} -o name"))?.expect(0).stdout;
    assert_eq!(name, "", "a trial makes nothing that has a name");
    let (first, _) = rows("--confirm")?;
    assert!(first.starts_with("Rows read 1 Imported 1 Already there 0 Refused 0 Written by revision "), "{first}");
    for confirm in ["--confirm", ""] {
        let (again, talk) = rows(confirm)?;
        assert!(
            again.contains("imported 0 Already there 1") || again.contains("Imported 0 Already there 1"),
            "{again}"
        );
        assert_eq!(again.contains("revision"), !confirm.is_empty(), "{again}");
        assert!(talk.contains("every row that is good is there already"), "{talk}");
    }
    Ok(())
}

/// Rows of which some are good, some cannot be read, and some are refused.
const ROWS: &str = "\
holder_name,holder_economy,product_name,model,codes,scheme,standards,granted_on,valid_until,authorised_by,scope
H,XA,P,M-1,HS2022:999999,schemes/nowhere,IEC 6l215-1:2021,2026-01-10,2029-01-09,Head,PV
H,XA,P,M-2,854143,schemes/aurelian-pv-mark,IEC 61215-1:2021,2026-01-10,2029-01-09,Head,PV
,XA,P,M-3,HS2022:854143,schemes/aurelian-pv-mark,IEC 61215-1:2021,2026-01-10,never,Head,PV
H,XA,P,M-1,HS2022:999999,schemes/nowhere,IEC 6l215-1:2021,2026-01-10,2029-01-09,Head,PV
H,XA,P,M-4,HS2022:854143,schemes/aurelian-pv-mark,IEC 61215-1:2021,2026-01-10,2029-01-09,Head,PV,more
H,XA,P,M-5,HS2022:854143,schemes/nowhere,IEC 61215-1:2021,2026-01-10,2029-01-09,Head,PV
";

#[test]
fn an_import_tells_refused_rows_by_their_lines_in_order_rows_that_come_again_and_names_that_nobody_knows() {
    lines_of_an_import().expect("it runs");
}

fn lines_of_an_import() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.certify()?;
    std::fs::write(shell.folder.path().join("rows.csv"), ROWS)?;
    let import = "certificate import rows.csv --body bodies/aurora-cert --token-file clerk.token";
    for (confirm, made) in [("", "Can be imported"), ("--confirm", "Imported")] {
        let run = shell.run(&format!("{import} {confirm}"))?.expect(10);
        let told = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let expected =
            format!("Rows read 6 {made} 2 Already there 0 Same as an earlier row 1 Refused 3 With a warning 3");
        assert!(told.starts_with(&expected), "{told}");
        let lines: Vec<&str> =
            run.stderr.lines().filter_map(|it| it.strip_prefix("line ")?.split(':').next()).collect();
        assert_eq!(lines, ["3", "4", "4", "6"], "{}", run.stderr);
        for warning in [
            "warning: line 2 and 2 other rows: The equivalence catalogue does not know the scheme schemes/nowhere",
            "warning: line 2 and 1 other row: The equivalence catalogue does not know the standard edition IEC 6l215",
            "warning: line 2 and 1 other row: Classification does not know the code HS2022:999999",
        ] {
            assert!(run.stderr.contains(warning), "{}", run.stderr);
        }
    }
    let told = shell.run(&format!("{import} -o json"))?.expect(10).json()?;
    assert_eq!(told["warned"], 3, "{told}");
    assert_eq!((&told["alreadyThere"], &told["sameAsEarlierRow"]), (&3.into(), &0.into()), "{told}");
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(3), "{told}");
    Ok(())
}

#[test]
fn names_are_those_that_are_meant_and_each_is_told_once() {
    names().expect("it runs");
}

fn names() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let certificate = shell.certify()?;
    let found = shell.run("fairness -o name")?.expect(0).stdout;
    let lines: Vec<&str> = found.lines().collect();
    assert!(!lines.is_empty() && lines.len() == lines.iter().collect::<BTreeSet<_>>().len(), "{found}");
    let plan =
        format!("plan --code HS2022:854143 --origin XA --certificate {certificate} --destination XB --destination XE");
    assert!(shell.run(&plan)?.expect(0).stdout.contains("XE"));
    assert_eq!(shell.run(&format!("{plan} -o name"))?.expect(0).stdout, "XB\n", "XE is closed");
    let asked = format!("--certificate {certificate} --code HS2022:854143 --origin XA --destination XB");
    for command in ["recognise", "explain"] {
        let then = shell.run(&format!("{command} {asked} --revision 1 -o json"))?.expect(0).json()?;
        assert_eq!(then["revision"], 1, "{command}");
        let later = shell.run(&format!("{command} {asked} --revision 99"))?.expect(75).stderr;
        assert!(later.contains("REVISION_NOT_REACHED"), "{later}");
    }
    let bundle = shell.run("bundle --out qq.bundle --destination QQ")?.expect(0).stderr;
    assert!(bundle.contains("the catalogue has no `QQ`"), "{bundle}");
    let verdict =
        format!("verify {certificate} --code HS2022:854143 --origin XA --destination XE --model EX-450M -o csv");
    let csv = shell.run(&verdict)?.expect(10).stdout;
    let (heading, row) = csv.split_once('\n').unwrap_or_default();
    assert_eq!(heading, "CERTIFICATE,OUTCOME,AUTHENTIC,IN FORCE,COVERS THESE GOODS,RECOGNISED HERE,WHY,SUBJECT");
    assert!(row.contains(",REFUSED,yes,yes,yes,no,"), "{row}");
    Ok(())
}

#[test]
fn a_backup_finds_the_database_of_this_folder_and_takes_no_other_backups_place() {
    backup().expect("it runs");
}

fn backup() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let made = shell.run("backup registry --out kept --keys")?.expect(0).stdout;
    assert!(made.contains("greenlane-data/registry.db"), "{made}");
    assert!(shell.run("backup registry --out kept")?.expect(5).stderr.contains("kept exists already"));
    shell.run("backup classification --keys --out other")?.expect(2);
    let doctor = shell.run("doctor --service registry")?.expect(0).stdout;
    assert!(doctor.contains("has this version's schema"), "{doctor}");
    let would = shell.run("restore registry --from kept")?.expect(0).stdout;
    assert!(would.contains("greenlane-data/registry.db"), "{would}");
    let told: Vec<String> = would.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(told.iter().any(|it| it.starts_with("Schema registry_")), "{would}");
    assert!(told.iter().any(|it| it == "This program reads it yes, as it is"), "{would}");

    // Where there is none the doctor makes none.
    let folder = tempfile::tempdir()?;
    let lost = greenlane_e2e::greenlane(folder.path(), ["doctor", "--service", "registry"])?.expect(10);
    assert!(lost.stdout.contains("there is no data/registry.db"), "{}", lost.stdout);
    assert!(!lost.stdout.contains("`greenlane doctor`"), "the doctor sends nobody to the doctor: {}", lost.stdout);
    assert!(!folder.path().join("data").exists());
    Ok(())
}

#[test]
fn a_dispute_of_nobody_and_a_needless_confirmation_are_refused_in_whole_sentences() {
    sentences().expect("it runs");
}

fn sentences() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    std::fs::write(shell.folder.path().join("report.pdf"), "x")?;
    let open = "dispute open --about designations/aurora-xa-xc-pv --grounds x --evidence report.pdf \
                --at https://example.org/report.pdf --shows x";
    let refused = shell.run(open)?.expect(4).stderr;
    assert!(refused.contains("for a body or an economy, and the token names neither"), "{refused}");
    let needless = shell.run("change propose changeSets/x --confirm")?.expect(2).stderr;
    assert!(needless.contains("done at once, without --confirm"), "{needless}");
    let nameless = shell.run("certificate annul GLXA --reason fraud --confirm")?.expect(2).stderr;
    assert!(nameless.contains("type out the name") && nameless.contains("--confirm NAME"), "{nameless}");
    let held_back = shell.run("code translate HS2017:854140 --to HS2022")?.expect(0);
    assert!(held_back.stderr.contains("(--held-back)"), "{}", held_back.stderr);
    let held_back = held_back.stdout;
    let all = shell.run("code translate HS2017:854140 --to HS2022 --held-back")?.expect(0).stdout;
    assert!(all.lines().count() > held_back.lines().count(), "{all}");
    Ok(())
}

#[test]
fn a_plan_of_what_the_catalogue_does_not_have_says_what_may_have_been_meant() {
    meant().expect("it runs");
}

fn meant() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let plan =
        "plan --code HS2022:854143 --origin XA --destination XB --body bodies/aurora-cert --body-economy XA --verbose";
    let known = shell.run(&format!("{plan} --scheme schemes/aurelian-pv-mark"))?.expect(0).stderr;
    assert!(
        !known.contains("List") && !known.contains("the catalogue has no"),
        "asks for what is named alone: {known}"
    );
    let wrong = shell.run(&format!("{plan} --scheme schemes/aurelian-pvmark"))?.expect(0).stderr;
    assert!(wrong.contains("did you mean `schemes/aurelian-pv-mark`?"), "{wrong}");
    Ok(())
}

#[test]
fn every_table_of_codes_prints_them_as_commands_take_them_and_chinese_words_are_answered_in_chinese_too() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(words).expect("it runs").expect(0);
    for words in ["code suggest photovoltaic module", "code search photovoltaic", "code list HS2022 --under 8541"] {
        let told = run(words).stdout;
        assert!(told.lines().any(|line| line.starts_with("HS2022:8541")), "{words}: {told}");
    }
    let translated = run("code translate HS2017:854140 --to HS2022");
    let code = translated.stdout.lines().find_map(|line| line.split(' ').next().filter(|it| it.starts_with("HS2022:")));
    run(&format!("code get {}", code.expect("a code with its edition")));
    assert!(translated.stderr.contains("PART OF SOURCE: only a part of the goods"), "{}", translated.stderr);
    let chinese = run("code suggest 光伏组件").stdout;
    let best = chinese.lines().find(|line| line.starts_with("HS2022:"));
    assert!(chinese.contains("CHINESE") && best.is_some_and(|line| line.contains('光')), "{chinese}");
    assert!(!run("code suggest photovoltaic module").stdout.contains("CHINESE"));
}

#[test]
fn what_speaks_against_a_code_is_said_beside_its_name_alone_too() {
    let shell = Shell::new().expect("it starts");
    let named = shell.run("code suggest machine -o name --limit 1").expect("it runs").expect(11);
    assert!(
        named.stdout.starts_with("HS2022:") && named.stderr.starts_with("Cannot tell from this"),
        "{}",
        named.stderr
    );
}

#[test]
fn get_shows_every_kind_as_a_table_of_two_columns() {
    let shell = Shell::new().expect("it starts");
    for (name, row) in [
        ("schemes/aurelian-pv-mark", "Kind  "),
        ("annexes/xa-xd-pv", "Arrangement  "),
        ("HS2022:854143", "Reference  "),
        ("editions/HS2022", "Name  "),
        ("economies/XA", "Name  "),
    ] {
        let told = shell.run(&format!("get {name}")).expect("it runs").expect(0).stdout;
        assert!(told.lines().any(|line| line.starts_with(row)), "{name}: {row} in\n{told}");
        assert!(!told.contains("\n- ") && !told.contains("name: "), "it is no YAML: {told}");
    }
}

#[test]
fn sums_of_all_lists_say_so_and_all_amounts_are_in_one_form() {
    let shell = Shell::new().expect("it starts");
    let text = "period,flowCode,cmdCode,primaryValue\n2022,M,854143,1000250\n2022,M,010121,500\n";
    std::fs::write(shell.folder.path().join("trade.csv"), text).expect("it is written");
    let told =
        shell.run("tag trade.csv --edition HS2022 --list apec-54 --out tagged.csv").expect("it runs").expect(0).stdout;
    let all = told.lines().find(|line| line.starts_with("all rows, any list"));
    assert!(all.is_some_and(|line| line.contains("1,000,750")), "{told}");
    assert!(!told.contains("1000750"), "{told}");
}

#[test]
fn links_that_are_held_back_are_told_with_the_flag_that_shows_them() {
    let shell = Shell::new().expect("it starts");
    let run = |words: &str| shell.run(&format!("list project apec-54 --to HS2022 {words}")).expect("it runs").expect(0);
    let told = run("--all").stdout;
    let held: Vec<&str> = told.lines().filter(|line| line.contains("are held back; ask for them")).collect();
    assert!(!held.is_empty() && held.iter().all(|line| line.ends_with(" (--held-back)")), "{told}");
    assert!(!run("--all -o json").stdout.contains("--held-back"), "the answer is as the service gave it");
    assert!(!run("--all --held-back").stdout.contains("ask for them"));
}

#[test]
fn that_flows_are_added_up_is_said_beside_the_totals() {
    let shell = Shell::new().expect("it starts");
    let text = "period,flowCode,cmdCode,primaryValue\n2022,M,854143,1000\n2022,X,854143,500\n";
    std::fs::write(shell.folder.path().join("trade.csv"), text).expect("it is written");
    let told = shell.run("tag trade.csv --edition HS2022 --list apec-54 --out tagged.csv").expect("it runs").expect(0);
    assert!(!told.stdout.contains("added up"), "{}", told.stdout);
    assert!(told.stderr.contains("the flows M, X are added up; --by list,year,flow keeps them apart\n"), "{told:?}");
}

#[test]
fn what_is_said_beside_the_totals_of_a_table_is_on_stderr_in_every_form_and_never_among_them() {
    let shell = Shell::new().expect("it starts");
    let text = "period,flowCode,cmdCode,primaryValue\n2022,M,854143,1000\n2022,X,854143,500\n2022,M,999999,7\n";
    std::fs::write(shell.folder.path().join("trade.csv"), text).expect("it is written");
    let facts = [
        "2022: HS2022 (",
        "3 rows at revision ",
        "lists: apec-54@1\n",
        "fault code_unknown: 1 row\n",
        "cannot be told: ",
        "the flows M, X are added up",
    ];
    for form in ["table", "json", "yaml", "csv", "name"] {
        let told = shell.run(&format!("tag trade.csv --list apec-54 -o {form}")).expect("it runs").expect(0);
        for fact in facts {
            assert!(told.stderr.contains(fact), "{form}: {fact} in\n{}", told.stderr);
            assert!(!told.stdout.contains(fact), "{form}: {fact} in\n{}", told.stdout);
        }
    }
}

#[test]
fn value_under_an_unknown_code_is_no_value_off_the_lists() {
    let shell = Shell::new().expect("it starts");
    let text = "period,reporter,partner,flow,code,value\n2023,XA,XD,X,854143,700\n2023,XA,XD,X,854199,300\n";
    std::fs::write(shell.folder.path().join("trade.csv"), text).expect("it is written");
    let run = |line: &str| shell.run(line).expect("it runs").expect(0);
    let tagged = run("tag trade.csv --list oecd-cleg --out tagged.csv");
    let told = tagged.stdout;
    let words = |of: &str| {
        let line = told.lines().find(|line| line.contains(of)).unwrap_or_default();
        line.split("  ").map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        words("all rows, any list"),
        ["all rows, any list", "2023", "1", "1,000", "700", "700", "0", "300"],
        "{told}"
    );
    assert_eq!(words("oecd-cleg "), ["greenLists/oecd-cleg", "2023", "1", "1,000", "700", "700", "0", "300"], "{told}");
    assert!(
        tagged.stderr.contains("fault code_unknown: 1 row\n")
            && tagged.stderr.contains("of rows whose code, edition or period was not understood"),
        "{}",
        tagged.stderr
    );
    let stats = run("stats tagged.csv --svg plots");
    assert!(stats.stdout.contains("70.00% to 70.00%, cannot be told 30.00%"), "{}", stats.stdout);
    assert!(
        stats.stderr.contains("1 row has a code, an edition or a period that was not understood"),
        "{}",
        stats.stderr
    );
    let plot = std::fs::read_to_string(shell.folder.path().join("plots/share-by-year.svg")).expect("it is drawn");
    assert!(plot.contains("oecd-cleg (+ 30.0% ?)"), "{plot}");
    let json: serde_json::Value = serde_json::from_str(&run("stats tagged.csv -o json").stdout).expect("it is JSON");
    assert_eq!(json["lists"][0]["undeterminedValueUsd"], 300.0, "{json}");
    assert!(run("stats tagged.csv -o csv").stdout.contains(",30"), "as a table");
}

#[test]
fn a_designation_is_told_with_its_annex_by_the_catalogues_name_and_with_what_became_of_it() {
    designated().expect("it runs");
}

fn designated() -> anyhow::Result<()> {
    let shell = Shell::new()?;
    shell.run("body create aurora-cert --display-name Aurora --economy XA")?.expect(0);
    shell.run("body create asa --display-name Authority --economy XA --role designating-authority")?.expect(0);
    shell.run("token mint --subject asa --scope bodies.write --body bodies/asa --out asa.token")?.expect(0);
    let designate = |annex: &str| {
        let words =
            "body designation create bodies/aurora-cert --by bodies/asa --from 2026-01-01 --token-file asa.token";
        shell.run(&format!("{words} --arrangement arrangements/xa-xd-mra --annex {annex}"))
    };
    let made = designate("annexes/xa-xd-pv")?.expect(0).stdout;
    let name = made.lines().find_map(|line| line.strip_prefix("Name ")).map(str::trim).unwrap_or_default();
    assert!(made.lines().any(|line| line.starts_with("Annex ") && line.ends_with(" annexes/xa-xd-pv")), "{made}");
    let longer = designate("arrangements/xa-xd-mra/annexes/xa-xd-washing-machines")?.expect(0).stdout;
    assert!(longer.contains(" annexes/xa-xd-washing-machines"), "{longer}");
    let list = shell.run("body designation list aurora-cert")?.expect(0).stdout;
    let annexes = [" annexes/xa-xd-pv", " annexes/xa-xd-washing-machines"];
    assert!(list.contains("ANNEX") && annexes.iter().all(|annex| list.contains(annex)), "{list}");

    let step = |words: &str| shell.run(&format!("body designation {words} --token-file asa.token"));
    step(&format!("suspend {name} --on 2026-03-01 --text audit"))?.expect(0);
    let told = step(&format!("reinstate {name} --on 2026-04-01 --text mended"))?.expect(0).stdout;
    assert!(
        told.contains("from 2026-03-01, until 2026-03-31, by bodies/asa, end reason mended, reason audit"),
        "{told}"
    );
    let told = step(&format!("withdraw {name} --on 2026-05-01 --text over --confirm"))?.expect(0).stdout;
    assert!(told.lines().any(|line| line.starts_with("Withdrawn because ") && line.ends_with(" over")), "{told}");
    let recorded = |text: &str| text.lines().find(|line| line.starts_with("Recorded at revision ")).map(str::to_owned);
    let number = |line: Option<String>| line.and_then(|it| it.rsplit(' ').next().map(str::to_owned));
    assert_eq!(number(recorded(&told)), number(recorded(&made)), "the revision is said to be that of the record");

    let order = step(
        "create bodies/aurora-cert --by bodies/asa --arrangement arrangements/m --from 2026-01-01 --until 2025-01-01",
    )?;
    assert!(order.expect(2).stderr.contains("\n  --until: must not be before --from\n"));
    Ok(())
}
