//! Contests of models: which was in use, which challenged it, on which data, with which losses, and who is in use now.

use super::Records;
use crate::StoreError;
use measure::Instant;
use plant::{Contest, Window};

/// Newest contests of one subject given back, beside those that changed the model in use; other older ones stay in the table.
const CONTESTS_MAX: i64 = 200;

type Row = (i64, i64, i64, i64, i64, i64, f64, f64, i64, f64, i64, i64);

impl Records {
    /// The newest contests of a subject and all that changed the model in use, oldest first.
    pub(crate) async fn contests(&self, subject: &str) -> Result<Vec<Contest>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT at, version, learned_from, learned_to, on_from, on_to, in_use, challenger, blocks, probability, swapped,
                lessons
             FROM contests WHERE subject = $1 AND (swapped <> 0 OR number IN
                (SELECT number FROM contests WHERE subject = $1 ORDER BY number DESC LIMIT $2))
             ORDER BY number DESC",
        )
        .bind(subject)
        .bind(CONTESTS_MAX)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().rev().map(|row| read(subject, row)).collect())
    }
    /// Adds a contest.
    pub(crate) async fn put_contest(&self, contest: &Contest) -> Result<(), StoreError> {
        let _one = self.writer.lock().await;
        sqlx::query(
            "INSERT INTO contests (number, subject, at, version, learned_from, learned_to, on_from, on_to, in_use, challenger,
                blocks, probability, swapped, lessons)
             SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM contests",
        )
        .bind(contest.subject.as_str())
        .bind(contest.at.micros())
        .bind(i64::from(contest.version))
        .bind(contest.learned.from.micros())
        .bind(contest.learned.to.micros())
        .bind(contest.on.from.micros())
        .bind(contest.on.to.micros())
        .bind(contest.in_use)
        .bind(contest.challenger)
        .bind(i64::from(contest.blocks))
        .bind(contest.probability)
        .bind(i64::from(contest.swapped))
        .bind(i64::from(contest.lessons))
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

fn read(
    subject: &str,
    (at, version, from, to, on_from, on_to, in_use, challenger, blocks, probability, swapped, lessons): Row,
) -> Contest {
    let window = |from, to| Window { from: Instant::from_micros(from), to: Instant::from_micros(to) };
    Contest {
        at: Instant::from_micros(at),
        subject: subject.to_owned(),
        version: u32::try_from(version).unwrap_or(u32::MAX),
        learned: window(from, to),
        on: window(on_from, on_to),
        in_use,
        challenger,
        blocks: u32::try_from(blocks).unwrap_or(u32::MAX),
        probability,
        swapped: swapped != 0,
        lessons: u32::try_from(lessons).unwrap_or(u32::MAX),
    }
}
