//! The baselines' rows.

use anyhow::ensure;
use greenlane_platform::auth::issuer::TokenRequest;
use prost::Message;

use super::{Cycle, Prepared, Setting, facts};
use crate::roles::Role;
use crate::roles::echo::{self, EchoMessage};
use crate::roles::insert::InsertResponse;

/// As long as a short request of ours.
const ECHO_BYTES: usize = 64;

pub(super) async fn echo(setting: &Setting<'_>, role: Role) -> anyhow::Result<Prepared> {
    let token = (role != Role::Echo).then(|| setting.identity.mint(TokenRequest::new("echo", ["verify"])));
    let message = EchoMessage { payload: vec![7; ECHO_BYTES] }.encode_to_vec();
    let expected = message.clone();
    let requests = Cycle::new(vec![message], move |_, answer| {
        ensure!(answer == expected, "the echo is not what was sent");
        Ok(())
    });
    Ok(Prepared::single(setting.target(role, echo::PATH, token)?, requests))
}

pub(super) async fn insert(setting: &Setting<'_>, role: Role, path: &str) -> anyhow::Result<Prepared> {
    let message = EchoMessage { payload: vec![b'7'; facts::STORED] }.encode_to_vec();
    let requests = Cycle::new(vec![message], |_, answer| {
        ensure!(InsertResponse::decode(answer)?.id > 0, "no row was written");
        Ok(())
    });
    Ok(Prepared::single(setting.target(role, path, None)?, requests))
}
