//! Keeps the outlook up to date: what the unit foretells of itself, told anew when a day of the site begins, and how it fared, beside the loop.
//!
//! Enters: the view, stored counters, forecasts and contests. Leaves: drafts that the loop keeps as records, the newest outlook. Absent: how it is
//! foretold and compared (`unit::outlook`). Nothing is remembered here that is not stored: after a start the same comes out again.

use super::ring::Ask;
use measure::{Instant, Span, Unit};
use plant::{Forecast, ForecastKind, Plant, Record, Role};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use store::{Bucket, Store};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::outlook::learn::{Model, Standing};
use unit::outlook::lessons::{Pupil, Report};
use unit::outlook::series::{DAY, Gains, SLOT, Series};
use unit::outlook::{self, Draft, HISTORY, Lead, Outlook, Prospect, Subject};

/// How often it is looked whether a day began and what came; in a large plant more seldom, so that at most a part in so many of the time goes
/// into it.
const LOOK_EVERY: Duration = Duration::from_secs(15);
const LOOK_SHARE: u32 = 100;
/// Newest forecasts of a subject that are followed, for each way of looking ahead: two weeks of days.
const FOLLOWED: usize = 15;
/// Days of a series that following them needs: with the week before, which is the baseline.
const FOLLOWED_DAYS: Span = Span::from_days(23);

/// The newest outlook; empty until there is one.
pub type Newest = watch::Receiver<Arc<Outlook>>;

/// Starts keeping the outlook of what a view shows.
pub fn keep(view: watch::Receiver<Arc<View>>, store: Store, asks: mpsc::Sender<Ask>, stop: CancellationToken) -> Newest {
    let (told, newest) = watch::channel(Arc::default());
    let mut keeper = Keeper {
        view,
        store,
        asks,
        models: BTreeMap::new(),
        short: BTreeMap::new(),
        past: BTreeMap::new(),
        recent: BTreeMap::new(),
    };
    tokio::spawn(async move {
        let run = async {
            loop {
                let began = Stopwatch::now();
                match keeper.look().await {
                    Ok(outlook) => drop(told.send_replace(Arc::new(outlook))),
                    Err(cause) => tracing::warn!(%cause, "the outlook could not be worked out; it is tried again"),
                }
                tokio::time::sleep(LOOK_EVERY.max(began.elapsed() * LOOK_SHARE)).await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = run => {}
        }
    });
    newest
}

/// Days known and days needed.
type Short = (usize, usize);

struct Keeper {
    view: watch::Receiver<Arc<View>>,
    store: Store,
    asks: mpsc::Sender<Ask>,
    /// By subject: the version in use, learned once.
    models: BTreeMap<String, (u32, Arc<Model>)>,
    /// By subject and lead: the day and the version for which its days were too few, with days known and needed. More are known when the next
    /// day begins.
    short: BTreeMap<(Subject, Lead), ((Instant, u32), Short)>,
    /// By role: the days before yesterday, read when a day begins, with that day.
    past: BTreeMap<Role, (Instant, Option<Series>)>,
    /// By role: all days that following needs, read when a slot begins, with that slot.
    recent: BTreeMap<Role, (Instant, Option<Series>)>,
}

impl Keeper {
    async fn look(&mut self) -> Result<Outlook, String> {
        let (plant, now, fared) = {
            let view = self.view.borrow();
            (Arc::clone(&view.plant), view.at, view.fared.clone())
        };
        let subjects = Subject::all(&plant, now);
        let mut followed = BTreeMap::new();
        for kind in subjects.iter().map(|s| s.kind()) {
            if let Entry::Vacant(place) = followed.entry(kind) {
                place.insert(self.forecasts(kind, &subjects, now).await?);
            }
        }
        let mut prospects = Vec::new();
        for subject in subjects {
            match self.prospect(&plant, subject, now, &followed).await {
                Ok(prospect) => prospects.push(prospect),
                Err(cause) => tracing::warn!(of = subject.key(&plant), cause, "it could not be foretold; it is tried again"),
            }
        }
        let mut reports = Vec::new();
        for of in Pupil::all(&plant) {
            let contests = self.store.contests(&of.key()).await.map_err(|e| e.to_string())?;
            let fared = fared.iter().find(|(pupil, _)| *pupil == of).map(|(_, score)| *score);
            reports.push(Report { standing: Standing::after(&contests), of, contests, fared });
        }
        Ok(Outlook { prospects, reports })
    }
    /// How one subject looks beside the newest forecasts by kind; those that are due are told.
    async fn prospect(
        &mut self,
        plant: &Arc<Plant>,
        subject: Subject,
        now: Instant,
        followed: &BTreeMap<ForecastKind, Vec<Forecast>>,
    ) -> Result<Prospect, String> {
        let contests = self.store.contests(&subject.key(plant)).await.map_err(|e| e.to_string())?;
        let ours = followed.get(&subject.kind()).into_iter().flatten();
        let ours = ours.filter(|f| subject.is_of(f) && f.course.is_some());
        let mut forecasts: Vec<Forecast> = ours.take(FOLLOWED * subject.leads().len()).cloned().collect();
        forecasts.reverse();
        let today = outlook::today(plant, now);
        let mut lacks = None;
        for lead in subject.leads().iter().copied().filter(|lead| lead.is_due(&forecasts, today)).collect::<Vec<_>>() {
            let standing = Standing::after(&contests);
            let asked = (today, standing.version);
            if let Some((_, short)) = self.short.get(&(subject, lead)).filter(|(of, _)| *of == asked) {
                lacks = lacks.or(Some(*short));
                continue;
            }
            match self.draft(plant, subject, (today, lead, standing)).await? {
                Ok(draft) => forecasts.extend(self.told(draft).await?),
                Err(short) => {
                    self.short.insert((subject, lead), (asked, short));
                    lacks = lacks.or(Some(short));
                }
            }
        }
        let came = self.lately(plant, subject, (today, now)).await?;
        let came = came.unwrap_or(Series { from: today, step: SLOT, values: Vec::new() });
        Ok(Prospect::of(subject, &forecasts, &came, contests, lacks))
    }
    /// The newest forecasts of a kind, newest first: as many as all its subjects are followed by.
    /// Those of a clock that was ahead are not among them.
    async fn forecasts(&self, kind: ForecastKind, subjects: &[Subject], now: Instant) -> Result<Vec<Forecast>, String> {
        let limit = FOLLOWED * subjects.iter().filter(|s| s.kind() == kind).map(|s| s.leads().len()).sum::<usize>();
        let mut found = self.store.forecasts(kind, limit).await.map_err(|e| e.to_string())?;
        found.retain(|forecast| forecast.at < now + DAY);
        Ok(found)
    }
    /// The days that following needs, up to now. They are read when a slot begins, and of them the days before yesterday when a day begins: what
    /// comes late is seen with the next reading.
    async fn lately(
        &mut self,
        plant: &Plant,
        subject: Subject,
        (today, now): (Instant, Instant),
    ) -> Result<Option<Series>, String> {
        let (from, yesterday) = (today - FOLLOWED_DAYS, today - DAY);
        let Some(role) = subject.role() else { return history(&self.store, plant, subject, (from, now)).await };
        let slot = now.floor(SLOT);
        if let Some((_, series)) = self.recent.get(&role).filter(|(of, _)| *of == slot) {
            return Ok(series.clone());
        }
        if self.past.get(&role).is_none_or(|(day, _)| *day != today) {
            // the last slot is known once a point lies behind it
            let read = history(&self.store, plant, subject, (from, yesterday + SLOT)).await?;
            self.past.insert(role, (today, read.map(|series| outlook::until(&series, yesterday))));
        }
        let recent = history(&self.store, plant, subject, (yesterday, now)).await?;
        let past = self.past.get(&role).and_then(|(_, series)| series.clone());
        let whole = match (past, recent) {
            (Some(past), Some(recent)) => Some(past.followed_by(&recent)),
            (past, recent) => past.or(recent),
        };
        self.recent.insert(role, (slot, whole.clone()));
        Ok(whole)
    }
    /// A draft of the day or week that begins, or of the day after; days known and needed where that is not enough.
    async fn draft(
        &mut self,
        plant: &Arc<Plant>,
        subject: Subject,
        (today, lead, standing): (Instant, Lead, Standing),
    ) -> Result<Result<Draft, Short>, String> {
        let whole = whole_days(&self.store, plant, subject, (today, &standing)).await?;
        // of nothing the model itself says how much it needs
        let whole = whole.unwrap_or(Series { from: today, step: SLOT, values: Vec::new() });
        let key = subject.key(plant);
        let known = self.models.get(&key).filter(|(version, _)| *version == standing.version).map(|(_, m)| Arc::clone(m));
        let plant = Arc::clone(plant);
        let version = standing.version;
        let made = tokio::task::spawn_blocking(move || {
            let model = match known {
                Some(model) => model,
                None => Arc::new(Model::of(&standing, &whole, &plant.calendar.zone)?),
            };
            let draft = outlook::foretell(subject, &plant, &whole, (&model, &standing), lead)?;
            Ok((draft, model))
        });
        match made.await.map_err(|e| format!("foretelling broke off: {e}"))? {
            Ok((draft, model)) => {
                self.models.insert(key, (version, model));
                Ok(Ok(draft))
            }
            Err(outlook::ForecastError::Short { found, needed, .. }) => Ok(Err((found, needed))),
            Err(other @ outlook::ForecastError::Outside { .. }) => Err(other.to_string()),
        }
    }
    /// Has the loop keep a draft as a record.
    async fn told(&self, draft: Draft) -> Result<Option<Forecast>, String> {
        let (answer, answered) = oneshot::channel();
        let gone = |_| "the loop has ended".to_owned();
        self.asks.send(Ask::Foretell { draft: Box::new(draft), answer }).await.map_err(|_| "the loop has ended".to_owned())?;
        match answered.await.map_err(gone)? {
            Ok(Record::Forecast(forecast)) => Ok(Some(forecast)),
            Ok(_) => Ok(None),
            Err(cause) => Err(cause.to_string()),
        }
    }
}

/// The whole days before a midnight that a subject is foretold and learned from: the newest, and what the model in use was learned from.
/// `None` where nothing is known of it.
///
/// # Errors
/// The store failed.
pub async fn whole_days(
    store: &Store,
    plant: &Plant,
    subject: Subject,
    (today, standing): (Instant, &Standing),
) -> Result<Option<Series>, String> {
    let newest = today - HISTORY;
    let from = standing.learned.map_or(newest, |window| newest.min(window.from));
    // the last slot is known once a point lies behind it
    let to = if subject.role().is_some() { today + SLOT } else { today };
    let read = history(store, plant, subject, (from, to)).await?;
    Ok(read.map(|series| outlook::until(&series, today)))
}

/// The series of a subject from a midnight on; `None` where nothing is known of it. Energy in kW.h, demand in pieces.
async fn history(
    store: &Store,
    plant: &Plant,
    subject: Subject,
    (from, to): (Instant, Instant),
) -> Result<Option<Series>, String> {
    if let Some(product) = subject.product() {
        return Ok(Series::of_orders(&plant.orders, product, &plant.calendar.zone, to));
    }
    let Some(role) = subject.role() else { return Ok(None) };
    let mut whole: Option<Series> = None;
    let mut begin = from;
    // one question of the store reaches no further
    while begin < to {
        let end = to.min(begin + HISTORY);
        if let Some(piece) = gains(store, plant, role, (begin, end, to)).await? {
            whole = Some(match whole {
                Some(before) => before.followed_by(&piece),
                None => piece,
            });
        }
        begin = end;
    }
    Ok(whole)
}

/// What all counters of a role gain between two instants [kW.h]; points up to `heard` tell whether the last slot is over.
async fn gains(
    store: &Store,
    plant: &Plant,
    role: Role,
    (from, to, heard): (Instant, Instant, Instant),
) -> Result<Option<Series>, String> {
    let inside: Unit = "kW.h".parse().map_err(|e| format!("kW.h: {e}"))?;
    let window = (from - SLOT, heard.min(to + SLOT));
    let mut gains = Gains::new(from, to);
    for channel in plant.channels.iter().filter(|c| c.role == role) {
        let Ok(factor) = channel.unit.convert(1.0, &inside) else { continue };
        let found = store.buckets(plant, &[channel.id], window, SLOT, false).await.map_err(|e| e.to_string())?;
        let points = |b: &Bucket| [b.first, b.last].map(|(at, value)| (at, value * factor));
        let mut counter: Vec<(Instant, f64)> = found.iter().flatten().flat_map(points).collect();
        counter.sort_by_key(|(at, _)| *at);
        counter.dedup_by_key(|(at, _)| *at);
        gains.add(&counter);
    }
    Ok(gains.series())
}
