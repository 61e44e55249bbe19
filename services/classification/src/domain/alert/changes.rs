//! What a step of a change set tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use greenlane_curation::alerts::AlertKind;

use super::words::{ToDo, bracketed, text};
use super::{Code, Item, Reach};
use crate::domain::catalogue::{Catalogue, ListData};
use crate::domain::change::losing;
use crate::domain::delta::Delta;
use crate::domain::facts::{CodeFact, EditionFact, EntryFact, LinkFact, ListFact, SourceFact};

/// The items of a change set's last step, which changes what was published `before` by `delta`.
pub(crate) fn of_delta(
    before: &Catalogue,
    delta: &Delta,
    kind: AlertKind,
    comments_until: Option<NaiveDate>,
) -> Vec<Item> {
    let known = |id: &str| before.edition(id).is_some();
    let new = delta.editions.added.iter().map(|edition| edition.id.as_str()).filter(|id| !known(id)).collect();
    let losing = losing(before, delta);
    let mut told = Told { before, delta, kind, comments_until, new, losing, items: Vec::new() };
    told.editions();
    told.codes();
    told.links();
    told.lists();
    told.entries();
    told.items
}

struct Told<'a> {
    before: &'a Catalogue,
    delta: &'a Delta,
    kind: AlertKind,
    comments_until: Option<NaiveDate>,
    /// The editions that were not there.
    new: BTreeSet<&'a str>,
    /// Names of what loses something, as the change workflow finds it.
    losing: BTreeSet<String>,
    items: Vec<Item>,
}

/// What happens to something, before it is an item.
struct News {
    what: String,
    from: Option<NaiveDate>,
    to_do: ToDo,
    tightens: bool,
}

impl News {
    fn new(what: impl Into<String>, from: Option<NaiveDate>, to_do: ToDo) -> Self {
        Self { what: what.into(), from, to_do, tightens: false }
    }

    fn tightens(self) -> Self {
        Self { tightens: true, ..self }
    }
}

/// The first day after a last one.
fn after(last: Option<NaiveDate>) -> Option<NaiveDate> {
    last.and_then(|last| last.succ_opt())
}

/// From and until when something is in force, in words behind it.
fn period(from: Option<NaiveDate>, to: Option<NaiveDate>) -> String {
    let from = from.map(|day| format!(" from {day}")).unwrap_or_default();
    let to = to.map(|day| format!(" until {day}")).unwrap_or_default();
    format!("{from}{to}")
}

impl<'a> Told<'a> {
    fn tell(&mut self, entry: String, news: News, reach: Reach) {
        let tightens = news.tightens || self.losing.contains(&entry);
        self.items.push(Item {
            entry,
            field: String::new(),
            what: news.what,
            from: news.from,
            to_do: news.to_do.after(self.kind, self.comments_until),
            tightens,
            reach,
        });
    }

    fn edition(&self, id: &str) -> Option<&'a EditionFact> {
        let here = self.before.edition(id).map(|at| &self.before.editions[at].fact);
        self.delta.editions.added.iter().find(|edition| edition.id == id).or(here)
    }

    fn list(&self, id: &str) -> Option<&'a ListFact> {
        let here = self.before.list(id).map(|list| &list.fact);
        self.delta.lists.added.iter().find(|list| list.id == id).or(here)
    }

    /// To whom the tariff of an edition belongs.
    fn economy(&self, edition: &str) -> String {
        let Some(fact) = self.edition(edition) else { return String::new() };
        let mut systems = self.before.systems.iter().chain(&self.delta.systems.added);
        systems.find(|system| system.id == fact.system).map(|system| system.economy.clone()).unwrap_or_default()
    }

    fn editions(&mut self) {
        let delta = self.delta;
        for fact in &delta.editions.added {
            let was = self.before.edition(&fact.id).map(|at| &self.before.editions[at].fact);
            let entry = format!("editions/{}", fact.id);
            let period = period(Some(fact.effective_from), fact.effective_to);
            let news = match was {
                None => {
                    let what = format!("adds {entry}{}, in force{period}", bracketed(&fact.titles));
                    News::new(what, Some(fact.effective_from), ToDo::Rehearse)
                }
                Some(was)
                    if was.effective_from == fact.effective_from
                        && fact.effective_to.is_some()
                        && was.effective_to != fact.effective_to =>
                {
                    let what = format!("has {entry} in force{}", self::period(None, fact.effective_to));
                    News::new(what, after(fact.effective_to), ToDo::Rehearse)
                }
                Some(was) if (was.effective_from, was.effective_to) != (fact.effective_from, fact.effective_to) => {
                    let what = format!("has {entry} in force{period}");
                    News::new(what, Some(fact.effective_from), ToDo::Rehearse)
                }
                Some(_) => News::new(format!("describes {entry} anew"), None, ToDo::ReadAgain),
            };
            let (systems, economy) = (vec![fact.system.clone()], self.economy(&fact.id));
            self.tell(entry, news, Reach { systems, economy, ..Reach::default() });
        }
        for id in &delta.editions.ended {
            let Some(at) = self.before.edition(id).filter(|_| !kept(&delta.editions.added, |it| &it.id == id)) else {
                continue;
            };
            let entry = format!("editions/{id}");
            let news = News::new(format!("removes {entry}"), None, ToDo::FollowGoods).tightens();
            let (systems, economy) = (vec![self.before.editions[at].fact.system.clone()], self.economy(id));
            self.tell(entry, news, Reach { systems, economy, ..Reach::default() });
        }
    }

    /// The codes of editions that were there: those of a new one come with it.
    fn codes(&mut self) {
        let delta = self.delta;
        let was = |edition: &str, code: &str| {
            let at = self.before.find(self.before.edition(edition)?, code)?;
            Some(&self.before.code(at).fact)
        };
        let mut found: Vec<(Code, News)> = Vec::new();
        let mut added: BTreeSet<(&str, &str)> = BTreeSet::new();
        for fact in delta.codes.added.iter().filter(|fact| !self.new.contains(fact.edition.as_str())) {
            added.insert((&fact.edition, &fact.code));
            let code = Code::new(&fact.edition, &fact.code);
            match was(&fact.edition, &fact.code) {
                Some(was) => found.extend(changed(was, fact).map(|news| (code, news))),
                None => {
                    let what = format!("adds {} {}{}", fact.edition, fact.code, bracketed(&fact.descriptions));
                    found.push((code, News::new(what, fact.effective_from, ToDo::LookUnder)));
                }
            }
        }
        for (edition, code) in
            delta.codes.ended.iter().filter(|(edition, code)| !added.contains(&(edition.as_str(), code.as_str())))
        {
            if self.edition(edition).is_none() {
                continue;
            }
            let described = was(edition, code).map(|fact| bracketed(&fact.descriptions)).unwrap_or_default();
            let what = format!("deletes {edition} {code}{described}");
            found.push((Code::new(edition, code), News::new(what, None, ToDo::FollowGoods).tightens()));
        }
        // What ended comes in no order.
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (code, news) in found {
            let economy = self.economy(&code.edition);
            self.tell(code.name(), news, Reach { codes: vec![code], economy, ..Reach::default() });
        }
    }

    /// Codes that become others. Of a new table only what does not stay as it is: most codes do.
    fn links(&mut self) {
        let delta = self.delta;
        let shown = || delta.links.added.iter().filter(|link| !link.held_back);
        let mut sources: HashMap<(&str, &str, &str), usize> = HashMap::new();
        let mut from: BTreeMap<(&str, &str, &str), Vec<&LinkFact>> = BTreeMap::new();
        for link in shown() {
            *sources.entry((&link.earlier_edition, &link.later_edition, &link.later_code)).or_default() += 1;
            from.entry((&link.earlier_edition, &link.earlier_code, &link.later_edition)).or_default().push(link);
        }
        let changed: BTreeSet<[&str; 4]> =
            shown().map(|it| [&*it.earlier_edition, &*it.earlier_code, &*it.later_edition, &*it.later_code]).collect();
        let mut gone: BTreeMap<(&str, &str, &str), Vec<&str>> = BTreeMap::new();
        for key in &delta.links.ended {
            let [earlier, code, later, target] = key.each_ref().map(String::as_str);
            if !changed.contains(&[earlier, code, later, target]) {
                gone.entry((earlier, code, later)).or_default().push(target);
            }
        }
        let all: BTreeSet<(&str, &str, &str)> = from.keys().chain(gone.keys()).copied().collect();
        for key in all {
            let (earlier, code, later) = key;
            let targets = from.get(&key).map_or(&[][..], Vec::as_slice);
            let lost = gone.get(&key).map_or(&[][..], Vec::as_slice);
            let merged = targets.iter().any(|it| sources[&(earlier, later, it.later_code.as_str())] > 1);
            let known = self.has_table(earlier, later);
            if !known && !merged && matches!(targets, [only] if only.later_code == code && !only.ex) {
                continue;
            }
            let codes: Vec<&str> = targets.iter().map(|it| it.later_code.as_str()).collect();
            let what = match (known, targets.len(), merged) {
                (true, 0, _) => format!("no longer has goods of {earlier} {code} in {} of {later}", lost.join(", ")),
                (true, _, _) if lost.is_empty() => {
                    format!("has goods of {earlier} {code} in {} of {later}", codes.join(", "))
                }
                (true, _, _) => format!(
                    "has goods of {earlier} {code} in {} of {later}, and no longer in {}",
                    codes.join(", "),
                    lost.join(", ")
                ),
                (false, 1, true) => {
                    format!("makes {earlier} {code} a part of {} of {later}, together with others", codes.join(", "))
                }
                (false, 1, false) => format!("makes {earlier} {code} into {} of {later}", codes.join(", ")),
                (false, _, _) => format!("splits {earlier} {code} into {} of {later}", codes.join(", ")),
            };
            let mut news =
                News::new(what, self.edition(later).map(|edition| edition.effective_from), ToDo::FollowGoods);
            news.tightens = !known && !codes.contains(&code);
            let mut affected = vec![Code::new(earlier, code)];
            affected.extend(codes.iter().chain(lost).map(|target| Code::new(later, target)));
            let economy = self.economy(later);
            let entry = affected[0].name();
            self.tell(entry, news, Reach { codes: affected, economy, ..Reach::default() });
        }
    }

    fn has_table(&self, earlier: &str, later: &str) -> bool {
        let both = self.before.edition(earlier).zip(self.before.edition(later));
        both.is_some_and(|both| self.before.tables.iter().any(|table| (table.earlier, table.later) == both))
    }

    fn lists(&mut self) {
        let delta = self.delta;
        for fact in &delta.lists.added {
            let entry = format!("greenLists/{}", fact.id);
            let described = bracketed(&fact.titles);
            let was = self.before.list(&fact.id);
            let news = match was.map(|list| &list.fact) {
                None => News::new(format!("adds {entry}{described}"), fact.effective_from, ToDo::ReadAgain),
                Some(was) if fact.effective_to.is_some() && fact.effective_to != was.effective_to => {
                    let what = format!("ends {entry}{described}{}", period(None, fact.effective_to));
                    News::new(what, after(fact.effective_to), ToDo::ClaimNoLonger).tightens()
                }
                Some(was) if fact.narrowed && !was.narrowed => {
                    News::new(format!("narrows the entries of {entry}"), None, ToDo::ReadAgain).tightens()
                }
                // A new version is told by its entries.
                Some(was) if same_list(was, fact) => continue,
                Some(_) => News::new(format!("describes {entry}{described} anew"), None, ToDo::ReadAgain),
            };
            self.tell(entry, news, of_list(fact, was));
        }
        for id in delta.lists.ended.iter().filter(|id| !kept(&delta.lists.added, |it| &it.id == *id)) {
            let Some(was) = self.before.list(id) else { continue };
            let entry = format!("greenLists/{id}");
            let news = News::new(format!("removes {entry}"), None, ToDo::ClaimNoLonger).tightens();
            self.tell(entry, news, of_list(&was.fact, Some(was)));
        }
    }

    fn entries(&mut self) {
        let delta = self.delta;
        let was = |list: &str, id: &str| self.before.list(list)?.entries.iter().find(|entry| entry.id == id);
        let mut found: Vec<(&EntryFact, Option<&EntryFact>, News)> = Vec::new();
        for fact in &delta.entries.added {
            let before = was(&fact.list, &fact.id);
            found.push((fact, before, listed(before, fact)));
        }
        for (list, id) in &delta.entries.ended {
            let again = kept(&delta.entries.added, |it| (&it.list, &it.id) == (list, id));
            let Some(fact) = was(list, id).filter(|_| !again) else { continue };
            let what = format!("takes {} {} off greenLists/{list}", fact.edition, fact.code);
            found.push((fact, Some(fact), News::new(what, None, ToDo::ClaimNoLonger).tightens()));
        }
        found.sort_by(|(a, ..), (b, ..)| (&a.list, &a.code, &a.id).cmp(&(&b.list, &b.code, &b.id)));
        for (fact, before, news) in found {
            let mut codes = vec![Code::new(&fact.edition, &fact.code)];
            codes.extend(before.map(|entry| Code::new(&entry.edition, &entry.code)));
            codes.dedup();
            let economy = self.list(&fact.list).map(|list| list.economy.clone()).unwrap_or_default();
            let reach = Reach { codes, list: fact.list.clone(), economy, ..Reach::default() };
            self.tell(format!("greenLists/{}/entries/{}", fact.list, fact.id), news, reach);
        }
    }
}

/// Whether something that ended is among what was added, and so was changed.
fn kept<T>(added: &[T], same: impl FnMut(&T) -> bool) -> bool {
    added.iter().any(same)
}

/// What happens to a code; nothing that anybody has to know when only where it is said has changed.
fn changed(was: &CodeFact, is: &CodeFact) -> Option<News> {
    let name = format!("{} {}", is.edition, is.code);
    if is.effective_to.is_some() && is.effective_to != was.effective_to {
        let what = format!("has {name}{} in force{}", bracketed(&is.descriptions), period(None, is.effective_to));
        return Some(News::new(what, after(is.effective_to), ToDo::FollowGoods).tightens());
    }
    if (was.effective_from, was.effective_to) != (is.effective_from, is.effective_to) {
        let what = format!("has {name} in force{}", period(is.effective_from, is.effective_to));
        return Some(News::new(what, is.effective_from, ToDo::LookUnder));
    }
    // A text in one more language changes nothing that was said.
    let reworded = was.descriptions.iter().any(|text| !is.descriptions.contains(text));
    if reworded {
        let what =
            format!("redescribes {name}: \"{}\", before \"{}\"", text(&is.descriptions), text(&was.descriptions));
        return Some(News::new(what, is.effective_from, ToDo::ReadAgain));
    }
    let rest = |fact: &CodeFact| (fact.units.clone(), fact.notes.clone(), fact.parent.clone());
    (rest(was) != rest(is)).then(|| {
        News::new(format!("changes the units, the notes or the place of {name}"), is.effective_from, ToDo::ReadAgain)
    })
}

/// What happens to a code on a list.
fn listed(was: Option<&EntryFact>, is: &EntryFact) -> News {
    let (list, code) = (format!("greenLists/{}", is.list), format!("{} {}", is.edition, is.code));
    let part = match is.ex_descriptions.first() {
        Some((_, texts)) if is.ex => format!(" in part{}", bracketed(texts)),
        _ if is.ex => " in part".to_owned(),
        _ => String::new(),
    };
    let ends = is.effective_to.is_some();
    match was {
        None => {
            let what = format!("puts {code}{part} on {list}{}", period(is.effective_from, is.effective_to));
            News::new(what, is.effective_from, ToDo::SeeWhetherListed)
        }
        Some(was) if (&was.edition, &was.code) != (&is.edition, &is.code) => {
            let what = format!("puts {code}{part} on {list} in place of {} {}", was.edition, was.code);
            News::new(what, is.effective_from, ToDo::SeeWhetherListed).tightens()
        }
        Some(was) if ends && was.effective_to != is.effective_to => {
            let what = format!("has {code} on {list}{}", period(None, is.effective_to));
            News::new(what, after(is.effective_to), ToDo::ClaimNoLonger).tightens()
        }
        Some(was) if is.ex && !was.ex => {
            let what = format!("narrows {code} on {list} to a part{}", part.trim_start_matches(" in part"));
            News::new(what, is.effective_from, ToDo::SeeWhetherListed).tightens()
        }
        Some(_) => {
            let what = format!("describes {code}{part} on {list} anew{}", period(is.effective_from, is.effective_to));
            News::new(what, is.effective_from, ToDo::SeeWhetherListed)
        }
    }
}

/// Whom a list affects as a whole.
fn of_list(fact: &ListFact, was: Option<&ListData>) -> Reach {
    let entries = was.iter().flat_map(|list| &list.entries);
    Reach {
        codes: entries.map(|entry| Code::new(&entry.edition, &entry.code)).collect(),
        list: fact.id.clone(),
        economy: fact.economy.clone(),
        ..Reach::default()
    }
}

/// Whether two lists differ in their version and where they come from at most.
fn same_list(one: &ListFact, other: &ListFact) -> bool {
    let bare = |list: &ListFact| ListFact { version: 0, source: SourceFact::default(), ..list.clone() };
    bare(one) == bare(other)
}
