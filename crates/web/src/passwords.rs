//! Passwords are hashed and checked one after another on a thread of their own: off the async threads, with a bounded queue, and
//! with the memory of one hash at most. On a pool of threads each kept its 19 MiB for good (measured: 320 MB after 25 sign-ins).

use crate::reply::{Refusal, Reply};
use crate::secret::{fits_password, fresh_token, hash_password};
use tokio::sync::{mpsc, oneshot};

/// Passwords that may wait; at some 60 ms each the last waits for two seconds.
const WAITING_MAX: usize = 32;

type Work = Box<dyn FnOnce() + Send>;

/// The thread's door.
pub struct Passwords {
    door: mpsc::Sender<Work>,
    nobody: String,
}

/// Why the thread does not start.
#[derive(Debug, thiserror::Error)]
#[error("the thread for passwords does not start: {0}")]
pub struct NotStarted(String);

impl Passwords {
    /// Starts the thread; it ends when this is dropped.
    ///
    /// # Errors
    /// The operating system gave no thread or no random bytes.
    pub async fn start() -> Result<Self, NotStarted> {
        let (door, mut queue) = mpsc::channel::<Work>(WAITING_MAX);
        let thread = std::thread::Builder::new().name("passwords".to_owned());
        let run = move || {
            while let Some(work) = queue.blocking_recv() {
                work();
            }
        };
        thread.spawn(run).map_err(|e| NotStarted(e.to_string()))?;
        let mut passwords = Self { door, nobody: String::new() };
        let made = passwords.aside(|| hash_password(&fresh_token()?)).await;
        let made = made.map_err(|_| NotStarted("it does not answer".to_owned()))?;
        passwords.nobody = made.map_err(|e| NotStarted(e.to_string()))?;
        Ok(passwords)
    }
    /// Whether a password belongs to a hash; without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Reply<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        self.aside(move || fits_password(&password, &hash)).await.map(|fits| fits && known)
    }
    /// The hash of a password.
    ///
    /// # Errors
    /// 503 when too many wait, or there are no random bytes.
    pub async fn hash(&self, password: String) -> Reply<String> {
        self.aside(move || hash_password(&password)).await?.map_err(|_| Refusal::busy())
    }
    async fn aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Reply<T> {
        let (tell, told) = oneshot::channel();
        let work = move || {
            // who asked may be gone
            let _ = tell.send(work());
        };
        self.door.try_send(Box::new(work)).map_err(|_| Refusal::busy())?;
        told.await.map_err(|_| Refusal::busy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_fits_nothing_and_costs_as_much_as_somebody() {
        let passwords = Passwords::start().await.expect("a thread");
        let hash = passwords.hash("a long password".to_owned()).await.expect("room");
        let mut fastest = [std::time::Duration::MAX; 2];
        for _ in 0..5 {
            for (fastest, hash) in fastest.iter_mut().zip([Some(hash.clone()), None]) {
                let start = std::time::Instant::now();
                assert_eq!(passwords.fits("another password".to_owned(), hash).await, Ok(false));
                *fastest = start.elapsed().min(*fastest);
            }
        }
        assert_eq!(passwords.fits("a long password".to_owned(), Some(hash)).await, Ok(true));
        let ratio = fastest[1].as_secs_f64() / fastest[0].as_secs_f64();
        assert!((0.2..5.0).contains(&ratio), "{fastest:?}");
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let passwords = Passwords::start().await.expect("a thread");
        let all = (0..WAITING_MAX + 8).map(|_| passwords.fits("a long password".to_owned(), Some("no hash".to_owned())));
        let slow = passwords.hash("a long password".to_owned());
        let (first, rest) = futures::future::join(slow, futures::future::join_all(all)).await;
        assert!(first.is_ok());
        let refused = rest.iter().filter(|r| **r == Err(Refusal::busy())).count();
        assert!((8..=9).contains(&refused), "{refused} of {} were refused", rest.len());
    }
}
