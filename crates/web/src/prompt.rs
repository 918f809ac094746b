//! A connection that has to begin in time. Enters: a stream, how much must come, by when. Leaves: the same stream, which fails with
//! `TimedOut` where too little came. Absent: what is said.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose first bytes must come within a time.
pub struct Prompt<S> {
    inner: S,
    /// Bytes still to come, and until when; `None` once they came.
    owed: Option<(usize, Pin<Box<Sleep>>)>,
}

impl<S> Prompt<S> {
    /// `bytes` must be read of the stream within a time.
    pub fn new(inner: S, bytes: usize, within: Duration) -> Self {
        Self { inner, owed: (bytes > 0).then(|| (bytes, Box::pin(sleep(within)))) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Prompt<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        let Some((owed, until)) = &mut self.owed else { return read };
        *owed = owed.saturating_sub(buf.filled().len() - before);
        if *owed == 0 {
            self.owed = None;
        } else if read.is_pending() && until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client said nothing in time")));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Prompt<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, pieces)
    }
    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn a_client_that_says_too_little_is_let_go() {
        let (mut client, server) = duplex(64);
        let mut server = Prompt::new(server, 3, Duration::from_millis(50));
        client.write_all(b"ab").await.expect("written");
        let mut bytes = [0; 3];
        let error = server.read_exact(&mut bytes).await.expect_err("a byte is missing");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn one_that_began_may_be_silent() {
        let (mut client, server) = duplex(64);
        let mut server = Prompt::new(server, 3, Duration::from_millis(50));
        let mut bytes = [0; 4];
        client.write_all(b"abc").await.expect("written");
        server.read_exact(&mut bytes[..3]).await.expect("it began");
        let late = tokio::spawn(async move {
            sleep(Duration::from_millis(200)).await;
            client.write_all(b"d").await
        });
        server.read_exact(&mut bytes[3..]).await.expect("later");
        assert_eq!(&bytes, b"abcd");
        late.await.expect("no panic").expect("written");
    }
}
