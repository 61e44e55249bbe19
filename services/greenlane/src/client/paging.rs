//! One page of a list that is written as its pages come.

use serde_json::Value;
use tonic::Status;

use super::exit::{Exit, exit_of};

/// A page, by the token of it. One behind the first is asked for once more when it may be answered then: what is told already
/// would be lost for one page that was late.
pub(super) async fn page(
    ask: &mut impl AsyncFnMut(i32, String) -> anyhow::Result<Value>,
    size: i32,
    token: String,
) -> anyhow::Result<Value> {
    match ask(size, token.clone()).await {
        Err(late) if !token.is_empty() && is_for_later(&late) => ask(size, token).await,
        answered => answered,
    }
}

fn is_for_later(error: &anyhow::Error) -> bool {
    let status = error.chain().find_map(|cause| cause.downcast_ref::<Status>());
    status.is_some_and(|status| exit_of(status) == Exit::TryLater)
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_page_that_was_late_is_asked_for_once_more_but_for_the_first() {
        let tried = async |failing: usize, status: fn(&str) -> Status, token: &str| {
            let mut asked = 0;
            let mut ask = async |_, _| {
                asked += 1;
                if asked <= failing { Err(status("no")).context("list") } else { Ok(json!({})) }
            };
            let answered = page(&mut ask, 1, token.to_owned()).await.is_ok();
            (answered, asked)
        };
        assert_eq!(tried(1, |why| Status::deadline_exceeded(why), "next").await, (true, 2));
        assert_eq!(tried(2, |why| Status::unavailable(why), "next").await, (false, 2));
        assert_eq!(tried(1, |why| Status::deadline_exceeded(why), "").await, (false, 1));
        assert_eq!(tried(1, |why| Status::permission_denied(why), "next").await, (false, 1));
    }
}
