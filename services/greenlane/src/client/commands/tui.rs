//! `greenlane tui`: the catalogue and the pending changes on one screen, for review work.
//!
//! What it shows and does is a state machine ([`model`]) that takes keys and answers and says what to ask; drawing it
//! ([`view`]) and talking to terminal and services (here) know nothing of each other.

mod ask;
mod model;
#[cfg(test)]
mod tests;
mod view;

use std::{
    io::IsTerminal as _,
    pin::Pin,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use ratatui::crossterm::{
    event::{self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyCode, KeyEvent, KeyEventKind},
    execute,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use self::model::{Ask, Input, Model};
use crate::client::{
    Session,
    exit::{Exit, Usage},
    render,
};

/// Shows it until the user leaves.
pub(crate) async fn run(session: &Session) -> anyhow::Result<Exit> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Usage("the browser needs a terminal".to_owned()).into());
    }
    let held = render::hold();
    let mut terminal = ratatui::try_init().context("the terminal cannot be taken over")?;
    // What is pasted comes as a text, and not as keys, one of which may be a yes. Not every terminal knows that.
    execute!(std::io::stdout(), EnableBracketedPaste).ok();
    let ended = browse(session, &mut terminal).await;
    execute!(std::io::stdout(), DisableBracketedPaste).ok();
    ratatui::restore();
    drop(held);
    ended
}

type Asked<'s> = Pin<Box<dyn Future<Output = Input> + 's>>;

/// Until the user leaves, or somebody ends the process: the terminal is given back all the same.
async fn browse(session: &Session, terminal: &mut ratatui::DefaultTerminal) -> anyhow::Result<Exit> {
    let (mut model, first) = Model::new();
    let mut asked: FuturesUnordered<Asked<'_>> = FuturesUnordered::new();
    let mut keys = keyboard();
    let mut end = signal(SignalKind::terminate()).context("signals cannot be heard")?;
    let mut open = first;
    loop {
        for ask in open.drain(..) {
            asked.push(Box::pin(answered(session, ask)));
        }
        terminal.draw(|frame| view::draw(frame, &mut model))?;
        let input = tokio::select! {
            key = keys.recv() => key.context("the keyboard is gone")?,
            Some(answer) = asked.next(), if !asked.is_empty() => answer,
            _ = end.recv() => return Ok(Exit::Stopped),
        };
        open = model.take(input);
        if model.is_over() {
            return Ok(Exit::Done);
        }
    }
}

/// A yes so soon behind another key is no hand's: a terminal that does not mark what is pasted gives it key by key.
fn by_hand(key: KeyEvent, behind_another: Duration) -> Input {
    const TOO_SOON: Duration = Duration::from_millis(50);
    match key.code {
        KeyCode::Char('y') if behind_another < TOO_SOON => Input::Paste("y".to_owned()),
        _ => Input::Key(key),
    }
}

async fn answered(session: &Session, ask: Ask) -> Input {
    let answer = ask::ask(session, &ask).await;
    Input::Answer(ask, answer.map_err(|error| ask::told(&error)))
}

/// What is typed, read on a thread of its own: reading waits. It ends with the process.
fn keyboard() -> mpsc::Receiver<Input> {
    let (sender, receiver) = mpsc::channel(64);
    thread::spawn(move || {
        let mut typed_at = Instant::now();
        while let Ok(event) = event::read() {
            let input = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => {
                    by_hand(key, std::mem::replace(&mut typed_at, Instant::now()).elapsed())
                }
                Event::Paste(text) => Input::Paste(text),
                Event::Resize(..) => Input::Redraw,
                _ => continue,
            };
            if sender.blocking_send(input).is_err() {
                return;
            }
        }
    });
    receiver
}
