//! Watches that go on by themselves: a stream that is cut is opened anew where it ended.

mod positions;

use std::time::Duration;

use tokio::time::timeout;
use tonic::{Code, Status, Streaming};

pub(crate) use self::positions::{Show, Span, Told, positions, told};
use super::{
    exit::{Exit, exit_of},
    render::{talk, write},
};

/// How often a stream that never was there is asked for before that is a failure.
const ATTEMPTS: u32 = 5;
/// The pause before a second attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(400);
/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The contracts promise a bookmark every ten seconds: a stream that is silent for longer is broken.
const SILENCE: Duration = Duration::from_secs(60);

/// Something that is watched, and where the watch is.
pub(crate) trait Watched {
    type Message;

    /// Opens the stream: at the beginning, or behind what has come.
    async fn open(&mut self) -> Result<Streaming<Self::Message>, Status>;

    /// Takes what has come. Whether it was the last that is wanted.
    fn take(&mut self, message: &Self::Message) -> anyhow::Result<bool>;

    /// Where another watch would go on: what `--after` would be told.
    fn position(&self) -> Option<u64>;

    /// What it begins with, and how what was before is seen.
    fn beginning(&self) -> String;

    /// Whether it is over some day without anybody who stops it.
    fn ends_by_itself(&self) -> bool;

    /// The line of headings above what it writes, also where nothing comes; none where its output has none.
    fn headings(&self) -> Option<&'static str>;
}

/// Follows until it is over, or until somebody stops it, and says where another watch would go on. A service that goes away
/// is waited for, once it was there.
pub(crate) async fn follow(mut watched: impl Watched) -> anyhow::Result<Exit> {
    let ends = if watched.ends_by_itself() { "" } else { "; Ctrl-C ends it" };
    talk(&format!("{}{ends}", watched.beginning()));
    let ended = tokio::select! {
        ended = to_the_end(&mut watched) => ended,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Stopped),
    };
    if let Some(position) = watched.position() {
        talk(&format!("go on where it ended with: --after {position}"));
    }
    ended
}

async fn to_the_end(watched: &mut impl Watched) -> anyhow::Result<Exit> {
    let (mut was_there, mut failures, mut pause) = (false, 0, FIRST_PAUSE);
    let mut said = false;
    let mut headings = watched.headings();
    loop {
        let (status, came) = match until_cut(watched, &mut said, &mut headings).await? {
            Ended::Over => return Ok(Exit::Done),
            Ended::Cut { status, came } => (status, came),
        };
        was_there |= came;
        if came {
            (failures, pause) = (0, FIRST_PAUSE);
        }
        failures += 1;
        if exit_of(&status) != Exit::TryLater || (!was_there && failures > ATTEMPTS) {
            return Err(status.into());
        }
        if !was_there && failures == 1 {
            talk(&format!("{}: trying again", status.message()));
            said = true;
        }
        // A stream that has lived its time is no news.
        if was_there && failures == 1 && status.code() != Code::DeadlineExceeded {
            talk(&format!("cut off ({}): trying again until it is back", status.message()));
            said = true;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

fn silent() -> Status {
    Status::unavailable(format!("nothing came for {} s", SILENCE.as_secs()))
}

enum Ended {
    Over,
    /// Why, and whether anything had come.
    Cut {
        status: Status,
        came: bool,
    },
}

/// Follows one stream; `said` is whether somebody was told that it was cut, and waits to hear that it is back, and `headings`
/// what is still to be written above what comes.
async fn until_cut(
    watched: &mut impl Watched,
    said: &mut bool,
    headings: &mut Option<&'static str>,
) -> anyhow::Result<Ended> {
    let mut came = false;
    let mut stream = match watched.open().await {
        Ok(stream) => stream,
        Err(status) => return Ok(Ended::Cut { status, came }),
    };
    if std::mem::take(said) {
        talk("it is back");
    }
    if let Some(headings) = headings.take() {
        write(headings)?;
    }
    loop {
        let status = match timeout(SILENCE, stream.message()).await.unwrap_or_else(|_| Err(silent())) {
            Ok(Some(message)) => {
                came = true;
                if watched.take(&message)? {
                    return Ok(Ended::Over);
                }
                continue;
            }
            Ok(None) => Status::unavailable("the stream ended"),
            Err(status) => status,
        };
        return Ok(Ended::Cut { status, came });
    }
}
