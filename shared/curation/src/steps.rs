//! The steps: who may take them, from which state, and what they leave.

use chrono::{DateTime, NaiveDate, Utc};

use crate::change_set::{
    Actor, Addendum, ChangeSet, Draft, Duty, Finding, Notification, Review, State, Tightening, Update,
};
use crate::clock;
use crate::error::ChangeError;

type Result<T> = std::result::Result<T, ChangeError>;

impl<C> ChangeSet<C> {
    /// A draft.
    pub fn draft(name: String, actor: &Actor, draft: Draft<C>, now: DateTime<Utc>) -> Self {
        Self {
            name,
            title: draft.title,
            reason: draft.reason,
            changes: draft.changes,
            state: State::Draft,
            author: actor.subject.clone(),
            author_issuer: actor.issuer.clone(),
            created_at: now,
            proposed_at: None,
            notification: None,
            reviews: Vec::new(),
            published_revision: 0,
            published_at: None,
            publisher: String::new(),
            withdrawal_reason: String::new(),
            reverts: String::new(),
            urgency_reason: draft.urgency_reason,
            heard_in: String::new(),
            ordered_by: String::new(),
            base_revision: None,
            version: 1,
        }
    }

    /// What a caller sends back to act on what was seen.
    pub fn etag(&self) -> String {
        format!("v{}", self.version)
    }

    /// Fails unless `etag` is empty or the current one.
    pub fn check_etag(&self, etag: &str) -> Result<()> {
        if etag.is_empty() || etag == self.etag() {
            Ok(())
        } else {
            Err(ChangeError::Etag { name: self.name.clone(), etag: self.etag() })
        }
    }

    /// Its author replaces what a draft consists of.
    pub fn update(&mut self, actor: &Actor, update: Update<C>) -> Result<()> {
        self.check_author(actor)?;
        self.check_state(&[State::Draft], "update")?;
        let Update { title, reason, urgency_reason, changes } = update;
        self.title = title.unwrap_or_else(|| std::mem::take(&mut self.title));
        self.reason = reason.unwrap_or_else(|| std::mem::take(&mut self.reason));
        self.urgency_reason = urgency_reason.unwrap_or_else(|| std::mem::take(&mut self.urgency_reason));
        self.changes = changes.unwrap_or_else(|| std::mem::take(&mut self.changes));
        self.step(State::Draft);
        Ok(())
    }

    /// The author proposes it; `findings` are what validation found.
    pub fn propose(&mut self, actor: &Actor, findings: &[Finding], now: DateTime<Utc>) -> Result<()> {
        self.check_author(actor)?;
        self.check_state(&[State::Draft], "propose")?;
        check_findings(findings)?;
        self.proposed_at = Some(now);
        self.step(State::Proposed);
        Ok(())
    }

    /// Until when comments would be taken if it were notified now: first, or again to extend the period.
    pub fn comments_until(&self, asked: Option<NaiveDate>, tightens: bool, today: NaiveDate) -> Result<NaiveDate> {
        self.check_state(&[State::Proposed, State::Notified], "notify")?;
        let urgent = !self.urgency_reason.is_empty();
        let Some(notification) = &self.notification else {
            return clock::comments_until(today, asked, urgent, tightens).map_err(ChangeError::Clock);
        };
        let until = notification.comments_until;
        match asked {
            None => Err(ChangeError::Clock(format!("is required: comments are taken until {until} already"))),
            Some(asked) if asked <= until => {
                Err(ChangeError::Clock(format!("must be later than {until}: the comment period cannot be shortened")))
            }
            Some(asked) => clock::comments_until(today, Some(asked), true, false).map_err(ChangeError::Clock),
        }
    }

    /// Notifies it. For a day that [`Self::comments_until`] gave.
    pub fn notify(
        &mut self,
        symbol: String,
        articles: Vec<String>,
        text: String,
        until: NaiveDate,
        now: DateTime<Utc>,
    ) {
        self.notification = Some(Notification {
            symbol,
            articles,
            text,
            notified_at: now,
            comments_until: until,
            reopened_on: None,
            addenda: Vec::new(),
        });
        self.step(State::Notified);
    }

    /// Extends the comment period to a day that [`Self::comments_until`] gave.
    pub fn extend(&mut self, until: NaiveDate, now: DateTime<Utc>) {
        self.add(format!("The final date for comments is {until}."), now);
        if let Some(notification) = &mut self.notification {
            let today = now.date_naive();
            // Days on which nobody could comment are none of the period.
            if notification.is_short() && notification.has_lapsed(today) {
                notification.reopened_on = Some(today);
            }
            notification.comments_until = until;
        }
        self.step(State::Notified);
    }

    /// Fails unless comments are taken today.
    pub fn check_open(&self, today: NaiveDate) -> Result<()> {
        self.check_state(&[State::Notified], "comment")?;
        match &self.notification {
            Some(notification) if notification.comments_until < today => {
                Err(ChangeError::CommentsClosed { name: self.name.clone(), until: notification.comments_until })
            }
            _ => Ok(()),
        }
    }

    /// Somebody else approves or rejects it. To approve it, those concerned must have been heard, and no entry may have
    /// changed since it was written; `tightening` is what it tightens, `moved` are such entries.
    pub fn review(
        &mut self,
        actor: &Actor,
        review: Review,
        tightening: &[Tightening],
        moved: &[Finding],
    ) -> Result<()> {
        self.check_four_eyes(actor)?;
        self.check_state(&[State::Proposed, State::Notified], "review")?;
        let state = if review.approved {
            check_findings(moved)?;
            self.check_heard(tightening, review.at.date_naive(), "approved")?;
            State::Approved
        } else {
            self.add(format!("The proposal was not adopted: {}", review.comment), review.at);
            State::Rejected
        };
        self.reviews.push(review);
        self.step(state);
        Ok(())
    }

    /// Somebody else than the author publishes it as `revision`; `findings` and `tightening` are what is so now.
    pub fn publish(
        &mut self,
        actor: &Actor,
        findings: &[Finding],
        tightening: &[Tightening],
        revision: u64,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.check_four_eyes(actor)?;
        self.check_state(&[State::Approved], "publish")?;
        check_findings(findings)?;
        self.check_heard(tightening, now.date_naive(), "published")?;
        self.add(format!("Adopted and published as revision {revision} on {}.", now.date_naive()), now);
        self.published_revision = revision;
        self.published_at = Some(now);
        self.publisher = actor.subject.clone();
        self.step(State::Published);
        Ok(())
    }

    /// Its author takes it back.
    pub fn withdraw(&mut self, actor: &Actor, reason: String, now: DateTime<Utc>) -> Result<()> {
        self.check_author(actor)?;
        self.check_state(&[State::Draft, State::Proposed, State::Notified, State::Approved], "withdraw")?;
        self.add(format!("The proposal was withdrawn. {reason}").trim_end().to_owned(), now);
        self.withdrawal_reason = reason;
        self.step(State::Withdrawn);
        Ok(())
    }

    /// Fails unless it is published, and so can be undone.
    pub fn check_published(&self) -> Result<()> {
        self.check_state(&[State::Published], "revert")
    }

    /// Whether no step is left to take.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Rejected | State::Published | State::Withdrawn)
    }

    /// Whether it must be notified before it is published, and when it can be; `tightening` is what it tightens. What is
    /// said holds while nothing else is published.
    pub fn duty(&self, tightening: &[Tightening], today: NaiveDate) -> Duty {
        let free = |reason: String, earliest| Duty { required: false, reason, earliest };
        let heard = |after: NaiveDate| Some(after.succ_opt().unwrap_or(after).max(today));
        if self.is_over() {
            return free(format!("it is {}", self.state.as_str()), None);
        }
        let until = self.notification.as_ref().map(|it| it.comments_until);
        let Some(first) = tightening.first() else {
            let reason = until.map_or_else(String::new, |until| format!(", and comments are taken until {until}"));
            return free(format!("it does not tighten access{reason}"), until.map_or(Some(today), heard));
        };
        if !self.heard_in.is_empty() && until.is_none() {
            return free(format!("those concerned are heard in {}", self.heard_in), Some(today));
        }
        let others = match tightening.len() - 1 {
            0 => String::new(),
            others => format!(" (and {others} more like that)"),
        };
        let why = format!("{} {}{others}, which tightens access", first.entry, first.what);
        let Some(notification) = &self.notification else {
            return Duty {
                required: true,
                reason: format!("{why}: it is open for comments for {} days, urgent or not", clock::COMMENT_DAYS),
                earliest: Some(clock::earliest_publication(today)),
            };
        };
        let (on, until) = (notification.notified_at.date_naive(), notification.comments_until);
        if notification.is_short() {
            let since = if notification.has_lapsed(today) { today } else { notification.open_since() };
            return Duty {
                required: true,
                reason: format!("{why}: its comment period is less than {} days, to be extended", clock::COMMENT_DAYS),
                earliest: Some(clock::earliest_publication(since).max(today)),
            };
        }
        free(format!("{why}, and it was notified on {on}: comments are taken until {until}"), heard(until))
    }

    /// Fails while comments are taken, and when a change that tightens access was not open for the whole period.
    fn check_heard(&self, tightening: &[Tightening], today: NaiveDate, step: &'static str) -> Result<()> {
        let refuse =
            |why: String| Err(ChangeError::NotHeard { name: self.name.clone(), state: self.state.as_str(), step, why });
        let tightens = |it: &Tightening| format!("{} {}, which tightens access", it.entry, it.what);
        match (&self.notification, tightening.first()) {
            (Some(notification), _) if today <= notification.comments_until => {
                refuse(format!("comments are taken until {}", notification.comments_until))
            }
            (Some(notification), Some(first)) if notification.is_short() => {
                refuse(format!("{}, and it was open for comments for less than 60 days", tightens(first)))
            }
            (None, Some(first)) if self.heard_in.is_empty() => {
                refuse(format!("{}, and it has not been notified", tightens(first)))
            }
            _ => Ok(()),
        }
    }

    /// Adds to the notification, if there is one.
    fn add(&mut self, text: String, now: DateTime<Utc>) {
        if let Some(notification) = &mut self.notification {
            let symbol = format!("{}/Add.{}", notification.symbol, notification.addenda.len() + 1);
            notification.addenda.push(Addendum { symbol, text, notified_at: now });
        }
    }

    fn check_state(&self, from: &[State], step: &'static str) -> Result<()> {
        if from.contains(&self.state) {
            Ok(())
        } else {
            Err(ChangeError::State { name: self.name.clone(), state: self.state.as_str(), step })
        }
    }

    /// Fails when the actor is the author, by whichever credential: another token, another issuer, another spelling.
    fn check_four_eyes(&self, actor: &Actor) -> Result<()> {
        if actor.subject.trim().to_lowercase() == self.author.trim().to_lowercase() {
            Err(ChangeError::FourEyes { name: self.name.clone(), subject: actor.subject.clone() })
        } else {
            Ok(())
        }
    }

    fn check_author(&self, actor: &Actor) -> Result<()> {
        if actor.subject == self.author && actor.issuer == self.author_issuer {
            Ok(())
        } else {
            Err(ChangeError::NotAuthor(self.name.clone()))
        }
    }

    fn step(&mut self, state: State) {
        self.state = state;
        self.version += 1;
    }
}

fn check_findings(findings: &[Finding]) -> Result<()> {
    if findings.iter().any(Finding::is_blocking) { Err(ChangeError::Invalid(findings.to_vec())) } else { Ok(()) }
}
