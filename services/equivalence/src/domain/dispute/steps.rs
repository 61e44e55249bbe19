//! The steps: who may take them, from which state, and what they leave.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use greenlane_curation::ChangeError;
use greenlane_platform::fault::FieldViolation;

use super::{Actor, Dispute, Event, Hold, Matter, Member, Ruling, State, Statement, Subject, Vote};

type Result<T> = std::result::Result<T, ChangeError>;

impl Dispute {
    /// Fails unless `etag` is empty or the current one.
    pub fn check_etag(&self, etag: &str) -> Result<()> {
        if etag.is_empty() || etag == self.etag() {
            Ok(())
        } else {
            Err(ChangeError::Etag { name: self.name.clone(), etag: self.etag() })
        }
    }

    /// A respondent answers.
    pub fn answer(&mut self, mut statement: Statement) -> Result<()> {
        let now = statement.at;
        if !self.parties.responds(&statement.by) {
            let respondents = self.parties.respondents.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            return Err(ChangeError::NotYours(respondents));
        }
        if self.answer.is_some() {
            return Err(self.not(now, "answered", "it has been answered".to_owned()));
        }
        self.undecided(now, "answered")?;
        statement.late = now.date_naive() > self.answer_by();
        self.step(now, statement.by.clone(), "answered", if statement.late { "after the deadline" } else { "" });
        self.answer = Some(statement);
        Ok(())
    }

    /// Somebody who is no party states something.
    pub fn object(&mut self, statement: Statement) -> Result<()> {
        let now = statement.at;
        let party = self.parties.responds(&statement.by)
            || statement.by.names().any(|name| self.challenger.names().any(|it| it == name));
        if party || same(&statement.by.subject, &self.challenger.subject) {
            return Err(self.conflict(&statement.by, "a party answers or withdraws: it does not object"));
        }
        self.undecided(now, "objected to")?;
        if now.date_naive() > self.object_by() {
            let why = format!("objections were taken until {}", self.object_by());
            return Err(self.not(now, "objected to", why));
        }
        self.step(now, statement.by.clone(), "objected", "");
        self.objections.push(statement);
        Ok(())
    }

    /// The panel is appointed, or another one where it has not decided in time. `interest` is everybody with a part in it;
    /// `economy_of` knows the economies of bodies, and `is_known` those of which it is known to which blocs they belong.
    pub fn appoint(
        &mut self,
        appointer: Actor,
        members: Vec<Member>,
        interest: &BTreeSet<String>,
        economy_of: &dyn Fn(&str) -> Option<String>,
        is_known: &dyn Fn(&str) -> bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.undecided(now, "given a panel")?;
        let replaces = !self.panel.is_empty();
        if replaces && now.date_naive() <= self.decide_by() {
            let why = format!("it has one, which has until {} to decide", self.decide_by());
            return Err(self.not(now, "given a panel", why));
        }
        if appointer.names().any(|name| interest.contains(name)) || self.has_acted(&appointer.subject) {
            return Err(self.conflict(&appointer, "who appoints the panel has no part in the dispute"));
        }
        let mut wrong = Vec::new();
        let mut seen = BTreeSet::from([appointer.subject.trim().to_lowercase()]);
        for (index, member) in members.iter().enumerate() {
            let mut refuse = |field: &str, why: String| {
                wrong.push(FieldViolation::new(format!("members[{index}].{field}"), why));
            };
            if interest.contains(&member.economy) {
                refuse("economy", format!("{} has a part in the dispute", member.economy));
            } else if !is_known(&member.economy) {
                let why = "is no economy of the catalogue: whether it has a part in the dispute cannot be told";
                refuse("economy", format!("{} {why}", member.economy));
            }
            if let Some(body) = &member.body {
                let economy = economy_of(body);
                if interest.contains(body) || economy.as_ref().is_some_and(|economy| interest.contains(economy)) {
                    refuse("body", format!("{body} has a part in the dispute, or its economy has"));
                }
            }
            if self.has_acted(&member.subject) {
                refuse("subject", format!("{} has taken a step in the dispute", member.subject));
            } else if !seen.insert(member.subject.trim().to_lowercase()) {
                refuse("subject", format!("{} is the appointer or named twice", member.subject));
            }
        }
        if !wrong.is_empty() {
            return Err(ChangeError::Fields(wrong));
        }
        let names: Vec<_> = members.iter().map(|member| member.subject.as_str()).collect();
        let mut text = names.join(", ");
        if replaces {
            text = format!("{text}, in place of a panel that had not decided by {}", self.decide_by());
            let (interim, outcome) = (self.interim.is_some(), self.outcome.is_some());
            let undecided = |it: &&mut Vote| match it.matter {
                Matter::Interim => !interim,
                Matter::Outcome => !outcome,
            };
            self.votes.iter_mut().filter(undecided).for_each(|it| it.lapsed = true);
        }
        self.appointed_at = Some(now);
        self.step(now, appointer.clone(), "panel_appointed", &text);
        self.appointer = Some(appointer);
        self.panel = members;
        Ok(())
    }

    /// A member of the panel votes.
    pub fn vote(&mut self, actor: Actor, vote: Vote, interest: &BTreeSet<String>) -> Result<()> {
        let now = vote.at;
        if self.panel.is_empty() {
            self.undecided(now, "voted on")?;
            return Err(self.not(now, "voted on", "no panel is appointed".to_owned()));
        }
        if !self.is_of_panel(&actor) {
            return Err(ChangeError::NotOneOf(format!("a member of the panel of {}", self.name)));
        }
        if actor.names().any(|name| interest.contains(name)) {
            return Err(self.conflict(&actor, "the token is of a body or an economy with a part in the dispute"));
        }
        self.undecided(now, "voted on")?;
        match vote.matter {
            Matter::Interim if self.interim_effect_reason.is_empty() => {
                return Err(self.not(now, "voted on", "no interim effect was asked for".to_owned()));
            }
            Matter::Interim if self.interim.is_some() => {
                return Err(self.not(now, "voted on", "the interim effect is decided".to_owned()));
            }
            Matter::Outcome if self.state(now.date_naive()) != State::WithPanel => {
                let why =
                    format!("answers are taken until {} and objections until {}", self.answer_by(), self.object_by());
                return Err(self.not(now, "voted on", why));
            }
            Matter::Interim | Matter::Outcome => {}
        }
        let mine = |it: &Vote| it.matter == vote.matter && same(&it.member, &actor.subject);
        if self.votes.iter().any(mine) {
            return Err(self.not(now, "voted on", format!("{} has voted", actor.subject)));
        }
        let (matter, uphold) = (vote.matter, vote.uphold);
        let word = if matter == Matter::Interim { "interim effect" } else { "outcome" };
        let side = if uphold { "for" } else { "against" };
        self.votes.push(vote);
        self.step(now, actor.clone(), "voted", &format!("{word}: {side} the challenger"));
        let (yes, no) = self.count(matter);
        let majority = u32::try_from(self.panel.len() / 2 + 1).unwrap_or(u32::MAX);
        if yes.max(no) >= majority {
            let ruling = Ruling { upheld: yes > no, at: now };
            match matter {
                Matter::Interim => self.interim = Some(ruling),
                Matter::Outcome => self.outcome = Some(ruling),
            }
            self.step(now, actor, "decided", &format!("{word}: {yes} for the challenger, {no} against"));
        }
        Ok(())
    }

    /// A member who voted with the majority applies what was decided by a change set.
    pub fn check_may_apply(&self, actor: &Actor, matter: Matter, now: DateTime<Utc>) -> Result<()> {
        let Some(ruling) = self.ruling(matter) else {
            return Err(self.not(now, "applied", "the panel has not decided".to_owned()));
        };
        if !self.voted(actor, matter, ruling.upheld) {
            return Err(ChangeError::NotOneOf(format!(
                "a member who voted with the majority of the panel of {}",
                self.name
            )));
        }
        let interim_is_over = matter == Matter::Interim && self.outcome.is_some();
        if self.ended_at.is_some() || interim_is_over {
            return Err(self.not(now, "applied", "what was decided is over".to_owned()));
        }
        if matter == Matter::Interim && !ruling.upheld {
            return Err(self.not(now, "applied", "the panel refused an interim effect".to_owned()));
        }
        Ok(())
    }

    /// Notes the change set that applies something.
    pub fn apply(&mut self, actor: Actor, matter: Matter, change_set: String, now: DateTime<Utc>) {
        self.step(now, actor, "applied", &change_set);
        self.change_sets.push((matter, change_set));
    }

    /// Fails for who has a part in it or has spoken in it: what it orders is for others to notify, review and publish.
    pub fn check_may_carry_out(&self, actor: &Actor, interest: &BTreeSet<String>) -> Result<()> {
        if self.has_a_part(actor, interest) {
            return Err(self.conflict(actor, "who carries out what it orders has no part in the dispute"));
        }
        Ok(())
    }

    /// Fails for the same: what it ordered is for others to change. `entry` is what would be changed.
    pub fn check_may_change(&self, actor: &Actor, interest: &BTreeSet<String>, entry: &str, hold: Hold) -> Result<()> {
        if self.has_a_part(actor, interest) {
            return Err(self.conflict(actor, &format!("`{entry}` {}", hold.as_str())));
        }
        Ok(())
    }

    fn has_a_part(&self, actor: &Actor, interest: &BTreeSet<String>) -> bool {
        let statements = self.answer.iter().chain(&self.objections).map(|it| &it.by);
        let mut spoke = statements.chain([&self.challenger]);
        actor.names().any(|name| interest.contains(name)) || spoke.any(|it| same(&it.subject, &actor.subject))
    }

    /// Whether somebody is of its panel.
    pub fn is_of_panel(&self, actor: &Actor) -> bool {
        self.panel.iter().any(|member| same(&member.subject, &actor.subject))
    }

    /// Somebody without a part closes it: what was found right when it is carried out, by a change set that is published
    /// (`carried_out`), or in another way, as a member of the panel who voted for it says, or who appointed the panel.
    pub fn close(
        &mut self,
        actor: Actor,
        text: String,
        interest: &BTreeSet<String>,
        carried_out: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        if actor.names().any(|name| interest.contains(name)) {
            return Err(self.conflict(&actor, "who closes it has no part in the dispute"));
        }
        if self.state(now.date_naive()) != State::Decided {
            return Err(self.not(now, "closed", "only what is decided is closed".to_owned()));
        }
        let upheld = self.outcome.as_ref().is_some_and(|ruling| ruling.upheld);
        let appointed = self.appointer.as_ref().is_some_and(|it| same(&it.subject, &actor.subject));
        if upheld && !carried_out && !appointed && !self.voted(&actor, Matter::Outcome, true) {
            let why = "the panel found for the challenger, and no change set that applies it is published: a member who \
                       voted for it, or who appointed the panel, closes it, saying what was done";
            return Err(self.not(now, "closed", why.to_owned()));
        }
        self.step(now, actor, "closed", &text);
        (self.ended_at, self.closing_text) = (Some(now), text);
        Ok(())
    }

    /// Its challenger takes it back.
    pub fn withdraw(&mut self, actor: Actor, text: String, now: DateTime<Utc>) -> Result<()> {
        let mine = actor.party() == self.challenger.party();
        if !mine {
            return Err(ChangeError::NotYours(self.challenger.party().to_owned()));
        }
        self.undecided(now, "withdrawn")?;
        self.step(now, actor, "withdrawn", &text);
        (self.ended_at, self.closing_text, self.withdrawn) = (Some(now), text, true);
        Ok(())
    }

    /// The designation that it is about.
    pub fn designation(&self) -> Option<&str> {
        match &self.subject {
            Subject::Designation(name) => Some(name),
            Subject::Body(_) | Subject::Certificate { .. } | Subject::Decision { .. } => None,
        }
    }

    /// Whether somebody's vote was this and counts.
    fn voted(&self, actor: &Actor, matter: Matter, uphold: bool) -> bool {
        let its = |it: &Vote| it.matter == matter && it.uphold == uphold && same(&it.member, &actor.subject);
        self.votes.iter().any(|it| !it.lapsed && its(it))
    }

    fn has_acted(&self, subject: &str) -> bool {
        self.events.iter().any(|event| same(&event.actor.subject, subject))
    }

    fn undecided(&self, now: DateTime<Utc>, step: &'static str) -> Result<()> {
        match self.state(now.date_naive()) {
            State::AwaitingAnswer | State::OpenToObjections | State::AwaitingPanel | State::WithPanel => Ok(()),
            state @ (State::Decided | State::Closed | State::Withdrawn) => {
                Err(self.not(now, step, format!("it is {}", state.as_str())))
            }
        }
    }

    fn not(&self, now: DateTime<Utc>, step: &'static str, why: String) -> ChangeError {
        ChangeError::NotHeard { name: self.name.clone(), state: self.state(now.date_naive()).as_str(), step, why }
    }

    fn conflict(&self, actor: &Actor, why: &str) -> ChangeError {
        ChangeError::Conflict { name: self.name.clone(), subject: actor.subject.clone(), why: why.to_owned() }
    }

    fn step(&mut self, at: DateTime<Utc>, actor: Actor, step: &str, text: &str) {
        self.version += 1;
        self.events.push(Event { at, actor, step: step.to_owned(), text: text.to_owned() });
    }
}

/// Whether two subjects are one person's: whatever the spelling.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}
