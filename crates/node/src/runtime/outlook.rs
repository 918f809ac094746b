//! Keeps the outlook up to date: what the unit foretells of itself, told anew when a day of the site begins, and how it fared, beside the loop.
//!
//! Enters: the view, stored counters, forecasts and contests. Leaves: drafts that the loop keeps as records, the newest outlook. Absent: how it is
//! foretold and compared (`unit::outlook`). Nothing is remembered here that is not stored: after a start the same comes out again.

use super::ring::Ask;
use measure::{Instant, Span, Unit};
use plant::{Forecast, ForecastKind, Plant, Record, Role, Window};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::{Duration, Instant as Stopwatch};
use store::{Bucket, Store};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use unit::desk::View;
use unit::outlook::learn::{Model, Standing};
use unit::outlook::series::{DAY, SLOT, Series};
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
    let mut keeper = Keeper { view, store, asks, models: BTreeMap::new(), short: BTreeMap::new(), past: BTreeMap::new() };
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

struct Keeper {
    view: watch::Receiver<Arc<View>>,
    store: Store,
    asks: mpsc::Sender<Ask>,
    /// By subject: the version in use, learned once.
    models: BTreeMap<String, (u32, Arc<Model>)>,
    /// By subject and lead: the day on which its days were too few, with days known and needed. More are known when the next day begins.
    short: BTreeMap<(Subject, Lead), (Instant, (usize, usize))>,
    /// By role: the days before yesterday, read when a day begins, with that day.
    past: BTreeMap<Role, (Instant, Option<Series>)>,
}

impl Keeper {
    async fn look(&mut self) -> Result<Outlook, String> {
        let (plant, now) = {
            let view = self.view.borrow();
            (Arc::clone(&view.plant), view.at)
        };
        let mut prospects = Vec::new();
        let mut series = BTreeMap::new();
        let mut followed = BTreeMap::new();
        let subjects = Subject::all(&plant, now);
        for subject in subjects.iter().copied() {
            let key = subject.key(&plant);
            let contests = self.store.contests(&key).await.map_err(|e| e.to_string())?;
            let kind = subject.kind();
            if let Entry::Vacant(place) = followed.entry(kind) {
                place.insert(self.forecasts(kind, &subjects).await?);
            }
            let ours = followed.get(&kind).into_iter().flatten().filter(|f| subject.is_of(f) && f.course.is_some());
            let mut forecasts: Vec<Forecast> = ours.take(FOLLOWED * subject.leads().len()).cloned().collect();
            forecasts.reverse();
            let today = outlook::today(&plant, now);
            let mut lacks = None;
            for lead in subject.leads().iter().copied().filter(|lead| lead.is_due(&forecasts, today)).collect::<Vec<_>>() {
                if let Some((_, short)) = self.short.get(&(subject, lead)).filter(|(day, _)| *day == today) {
                    lacks = lacks.or(Some(*short));
                    continue;
                }
                let standing = Standing::after(&contests);
                match self.draft(&plant, subject, (today, lead, standing)).await? {
                    Ok(draft) => forecasts.extend(self.told(draft).await?),
                    Err(short) => {
                        self.short.insert((subject, lead), (today, short));
                        lacks = lacks.or(Some(short));
                    }
                }
            }
            let role = subject.role();
            if !series.contains_key(&role) || role.is_none() {
                let of = self.lately(&plant, subject, (today, now)).await?;
                series.insert(role, of);
            }
            let came = series.get(&role).cloned().flatten();
            let came = came.unwrap_or(Series { from: today, step: SLOT, values: Vec::new() });
            prospects.push(Prospect::of(subject, &forecasts, &came, contests, lacks));
        }
        Ok(Outlook { prospects })
    }
    /// The newest forecasts of a kind, newest first: as many as all its subjects are followed by.
    async fn forecasts(&self, kind: ForecastKind, subjects: &[Subject]) -> Result<Vec<Forecast>, String> {
        let limit = FOLLOWED * subjects.iter().filter(|s| s.kind() == kind).map(|s| s.leads().len()).sum::<usize>();
        self.store.forecasts(kind, limit).await.map_err(|e| e.to_string())
    }
    /// The days that following needs, up to now. Days before yesterday are read once a day: of them only what comes very late is missed, until the
    /// next day begins.
    async fn lately(
        &mut self,
        plant: &Plant,
        subject: Subject,
        (today, now): (Instant, Instant),
    ) -> Result<Option<Series>, String> {
        let (from, yesterday) = (today - FOLLOWED_DAYS, today - DAY);
        let Some(role) = subject.role() else { return history(&self.store, plant, subject, (from, now)).await };
        if self.past.get(&role).is_none_or(|(day, _)| *day != today) {
            // the last slot is known once a point lies behind it
            let read = history(&self.store, plant, subject, (from, yesterday + SLOT)).await?;
            self.past.insert(role, (today, read.map(|series| outlook::until(&series, yesterday))));
        }
        let recent = history(&self.store, plant, subject, (yesterday, now)).await?;
        let past = self.past.get(&role).and_then(|(_, series)| series.clone());
        Ok(match (past, recent) {
            (Some(past), Some(recent)) => Some(past.followed_by(&recent)),
            (past, recent) => past.or(recent),
        })
    }
    /// A draft of the day or week that begins, or of the day after; days known and needed where that is not enough.
    async fn draft(
        &mut self,
        plant: &Arc<Plant>,
        subject: Subject,
        (today, lead, standing): (Instant, Lead, Standing),
    ) -> Result<Result<Draft, (usize, usize)>, String> {
        let whole = history(&self.store, plant, subject, (today - HISTORY, today)).await?;
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

/// The series of a subject from a midnight on; `None` where nothing is known of it. Energy in kW.h, demand in pieces.
///
/// # Errors
/// The store failed.
pub async fn history(
    store: &Store,
    plant: &Plant,
    subject: Subject,
    (from, to): (Instant, Instant),
) -> Result<Option<Series>, String> {
    if let Some(product) = subject.product() {
        return Ok(Series::of_orders(&plant.orders, product, &plant.calendar.zone, to));
    }
    let Some(role) = subject.role() else { return Ok(None) };
    let counters = counters(store, plant, role, Window { from: from - SLOT, to }).await?;
    Ok((!counters.is_empty()).then(|| Series::of_counters(&counters, from, to)))
}

/// Points of all counters of a role [kW.h].
async fn counters(store: &Store, plant: &Plant, role: Role, window: Window) -> Result<Vec<Vec<(Instant, f64)>>, String> {
    let inside: Unit = "kW.h".parse().map_err(|e| format!("kW.h: {e}"))?;
    let mut all = Vec::new();
    for channel in plant.channels.iter().filter(|c| c.role == role) {
        let Ok(factor) = channel.unit.convert(1.0, &inside) else { continue };
        let found =
            store.buckets(plant, &[channel.id], (window.from, window.to), SLOT, false).await.map_err(|e| e.to_string())?;
        let points = |b: &Bucket| [b.first, b.last].map(|(at, value)| (at, value * factor));
        let mut counter: Vec<(Instant, f64)> = found.iter().flatten().flat_map(points).collect();
        counter.sort_by_key(|(at, _)| *at);
        counter.dedup_by_key(|(at, _)| *at);
        if !counter.is_empty() {
            all.push(counter);
        }
    }
    Ok(all)
}
