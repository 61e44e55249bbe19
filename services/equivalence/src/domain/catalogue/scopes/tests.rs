use super::*;

fn scopes(codes: &[&str]) -> Scopes {
    let scope = |code: &&str| Scope { prefix: Code::new(code), except: Box::default(), part: false };
    Scopes { edition: if codes.is_empty() { NONE } else { 3 }, all: codes.iter().map(scope).collect() }
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
