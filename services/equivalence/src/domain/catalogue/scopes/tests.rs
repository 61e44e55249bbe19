use super::*;

fn scopes(codes: &[&str]) -> Scopes {
    let scope = |code: &&str| Scope { prefix: Code::new(code), except: Box::default(), part: false };
    Scopes::of(3, codes.iter().map(scope).collect())
}

#[test]
fn a_glance_excludes_nothing_that_a_scope_may_contain() {
    let all = [
        "8",
        "85",
        "8541",
        "854143",
        "85414300",
        "8541430012",
        "9541",
        "8504",
        "0101",
        "8541430099",
        "ABCDEFGHIJKLMNOP",
    ];
    let mut excluded = 0;
    for one in all {
        for other in all {
            let scopes = scopes(&[one, other]);
            for code in all {
                let code = Code::new(code);
                if scopes.at_a_glance().excludes(3, code) {
                    assert_eq!(scopes.contain(code), Within::No, "{one} {other}");
                    excluded += 1;
                }
                assert!(!scopes.at_a_glance().excludes(4, code), "another edition is not compared");
            }
        }
    }
    assert!(excluded > 200, "{excluded}");
    assert!(scopes(&["8541"]).at_a_glance().excludes(3, Code::new("850410")));
    assert!(scopes(&["854143", "854141"]).at_a_glance().excludes(3, Code::new("8542")));
    assert!(!scopes(&["854143", "854141"]).at_a_glance().excludes(3, Code::new("85")));
    assert!(!scopes(&[]).at_a_glance().excludes(NONE, Code::new("850410")), "everything is everything");
}

#[test]
fn what_is_found_by_a_code_is_all_that_may_contain_it_or_lie_within_it() {
    let all =
        ["8", "85", "8541", "854143", "85414300", "8541430012", "854143001299", "9541", "8504", "ABCDEFGHIJKLMNOP"];
    let each: Vec<Scopes> = all.iter().map(|code| scopes(&[code])).collect();
    let editions = EditionScopes::by_edition(each.iter());
    assert_eq!(editions.len(), 1);
    for code in all {
        let mut found = SmallVec::new();
        editions[0].find(Code::new(code), &mut found);
        for (place, scopes) in (0..).zip(&each) {
            let touches = scopes.contain(Code::new(code)) != Within::No;
            assert!(found.contains(&place) || !touches, "{code} and {}", all[place as usize]);
            // Only what is longer than eight characters is told apart later.
            assert!(
                !found.contains(&place) || touches || all[place as usize].len() > 8,
                "{code}, {}",
                all[place as usize]
            );
        }
    }
}
