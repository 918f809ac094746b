//! Lets models learned in the virtual workshop, in which nobody acts, contest the plain ways of foretelling lives of parts and scrap:
//! `cargo run --release -p simulate --example lessons -- FIRST_SEED SEEDS DAYS`.

#![expect(clippy::disallowed_methods, reason = "an example takes its seeds from the command line")]

use measure::Instant;
use simulate::experiment::taught;
use std::sync::Arc;
use unit::lessons::Episode;
use unit::lessons::model::{Model, Way};
use unit::outlook::lessons::contest;

fn main() {
    let mut words = std::env::args().skip(1).filter_map(|w| w.parse::<u64>().ok());
    let (first, seeds, days) = (words.next().unwrap_or(1), words.next().unwrap_or(3), words.next().unwrap_or(90));
    for seed in first..first + seeds {
        let taught = taught(seed, u32::try_from(days).unwrap_or(90));
        for of in &taught.pupils {
            let Some((_, gatherer)) = taught.kinds.iter().find(|(kind, _)| *kind == of.kind) else { continue };
            let episodes = gatherer.episodes(of.topic);
            let (key, what, unit) = (of.key(), of.topic.episodes(), of.topic.forecast().unit());
            let contest = match contest(of, (taught.from, &episodes), Way::Plain, &[], taught.to) {
                Ok(contest) => contest,
                Err(cause) => {
                    println!("seed {seed}, {key}: {cause}");
                    continue;
                }
            };
            let certain = episodes.iter().filter(|e| e.is_certain).count();
            println!("seed {seed}, {key}: {certain} {what}, {} other episodes", episodes.len() - certain);
            println!(
                "  on {} {what}: loss {:.4} {unit} plain, {:.4} learned, better with {:.2}",
                contest.blocks, contest.in_use, contest.challenger, contest.probability
            );
            let known: Vec<&Episode> = episodes.iter().copied().filter(|e| e.ended <= contest.learned.to).collect();
            let later: Vec<&Episode> = episodes.iter().copied().filter(|e| e.is_certain && e.ended > contest.on.from).collect();
            for way in [Some(Way::Plain), Model::learn(&known).map(|model| Way::Learned(Arc::new(model)))].into_iter().flatten() {
                let fared = Fared::of(&way, &later, contest.on.from);
                println!("  off by {:.3} {unit}, interval of {:.3} {unit} holds {:.2}", fared.off, fared.width, fared.held);
            }
        }
    }
}

/// How a way fared on episodes: mean over the lessons.
#[derive(Default)]
struct Fared {
    off: f64,
    width: f64,
    held: f64,
}

impl Fared {
    fn of(way: &Way, episodes: &[&Episode], from: Instant) -> Self {
        let lessons = episodes.iter().flat_map(|e| &e.lessons).filter(|l| l.at >= from);
        let told = lessons.map(|l| (l.came, way.told(&l.sample)));
        let count = told.clone().count() as f64;
        told.fold(Self::default(), |sum, (came, told)| Self {
            off: sum.off + (told.value - came).abs() / count,
            width: sum.width + (told.high - told.low) / count,
            held: sum.held + f64::from(u8::from(told.covers(came))) / count,
        })
    }
}
