use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

use super::{Class, classify, classify_sqlite, classify_sqlstate, pause};

#[test]
fn postgres_errors_are_told_apart_by_their_sqlstate() {
    let classes = [
        ("40001", Class::Contention),
        ("40P01", Class::Contention),
        ("57P01", Class::Connection),
        ("57P05", Class::Connection),
        ("25P03", Class::Connection),
        ("40003", Class::Connection),
        ("08006", Class::Connection),
        ("28P01", Class::Unavailable),
        ("53300", Class::Unavailable),
        ("55P03", Class::Unavailable),
        ("23505", Class::Permanent),
        ("42P01", Class::Permanent),
        ("", Class::Permanent),
    ];
    for (code, class) in classes {
        assert_eq!(classify_sqlstate(code), class, "{code}");
    }
}

#[test]
fn sqlite_errors_are_told_apart_by_their_primary_code() {
    let classes = [
        ("5", Class::Contention),
        ("517", Class::Contention),
        ("6", Class::Contention),
        ("13", Class::Unavailable),
        ("1555", Class::Permanent),
        ("x", Class::Permanent),
    ];
    for (code, class) in classes {
        assert_eq!(classify_sqlite(code), class, "{code}");
    }
}

#[test]
fn a_lost_connection_is_worth_another_attempt_and_a_full_pool_is_not() {
    let reset = sqlx::Error::Io(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    assert_eq!(classify(&DbErr::Query(RuntimeErr::SqlxError(reset.into()))), Class::Connection);
    assert_eq!(classify(&DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)), Class::Unavailable);
    assert_eq!(classify(&DbErr::Custom("x".to_owned())), Class::Permanent);
}

#[test]
fn pauses_grow_and_are_bounded() {
    for attempt in 2..100 {
        let pause = pause(attempt);
        assert!(pause >= Duration::from_millis(1) && pause <= Duration::from_millis(250), "{attempt}: {pause:?}");
    }
    assert!(pause(2) <= Duration::from_millis(2));
    assert!(pause(20) >= Duration::from_millis(125));
}
