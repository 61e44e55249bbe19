use std::time::Duration;

use tokio::time::Instant;
use tonic::{Code, Status};
use tonic_types::{RetryInfo, StatusExt as _};

use super::Retries;

fn unavailable(delay: Duration) -> Status {
    // Made by hand: the constructor would cut the delay, which another server need not do.
    let info = RetryInfo { retry_delay: Some(delay) };
    Status::with_error_details_vec(Code::Unavailable, "later", [info.into()])
}

#[test]
fn a_delay_beyond_the_deadline_means_no_retry_however_long_it_is() {
    let retries = Retries::new(2);
    let until = Instant::now() + Duration::from_secs(3_600);
    assert!(retries.delay(0, 0, &unavailable(Duration::from_millis(5)), until).is_some());
    for seconds in [3_600, 315_576_000_000, i64::MAX as u64] {
        let status = unavailable(Duration::from_secs(seconds));
        assert_eq!(retries.delay(0, 0, &status, until), None, "{seconds} s");
    }
}
