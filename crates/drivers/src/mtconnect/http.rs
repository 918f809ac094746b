//! One HTTP request after the other to an agent, over one connection as long as it lasts. Enters: paths. Leaves: bodies of bounded
//! size. Absent: redirects, what a body means.

use super::config::Config;
use crate::encryption::{self, Trust, Wire};
use http_body_util::{BodyExt, Empty, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A client of one agent.
#[derive(Default)]
pub(super) struct Client {
    open: Option<SendRequest<Empty<Bytes>>>,
    /// Whom an encrypted agent may be; read once.
    trust: Option<Trust>,
    /// Drives the connection; aborted on drop.
    driver: JoinSet<()>,
}

impl Client {
    /// Asks for a path. The body whatever the status: an agent answers errors with documents.
    ///
    /// # Errors
    /// Nobody answers in time, or not with HTTP, or with more than `document_max` bytes, or with an empty body.
    pub(super) async fn get(&mut self, config: &Config, path: &str) -> Result<Vec<u8>, String> {
        let scheme = if config.secure { "https" } else { "http" };
        let place = format!("{scheme}://{}{path}", config.place());
        match timeout(config.timeout, self.ask(config, path)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(error)) => {
                self.open = None;
                Err(format!("{place}: {error}"))
            }
            Err(_) => {
                self.open = None;
                Err(format!("{place} did not answer within {:?}", config.timeout))
            }
        }
    }

    async fn ask(&mut self, config: &Config, path: &str) -> Result<Vec<u8>, String> {
        let kept = self.open.as_mut().filter(|connection| !connection.is_closed());
        let answered = match kept {
            // the agent may have closed it in the meantime: then once more over a new one
            Some(connection) => send(connection, config, path).await.ok(),
            None => None,
        };
        let response = match answered {
            Some(response) => response,
            None => send(self.connect(config).await?, config, path).await?,
        };
        let status = response.status();
        let body = Limited::new(response.into_body(), config.document_max).collect().await.map_err(|error| {
            let too_large = error.downcast_ref::<LengthLimitError>().is_some();
            if too_large { format!("a document of more than {} bytes", config.document_max) } else { error.to_string() }
        })?;
        let body = body.to_bytes().to_vec();
        if body.is_empty() { Err(format!("status {status} without a document")) } else { Ok(body) }
    }

    async fn connect(&mut self, config: &Config) -> Result<&mut SendRequest<Empty<Bytes>>, String> {
        self.driver.abort_all();
        let stream = TcpStream::connect((config.host.as_str(), config.port)).await.map_err(|e| e.to_string())?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        let wire: Box<dyn Wire> = if config.secure {
            let trust = match self.trust.take() {
                Some(trust) => trust,
                None => encryption::trusting(&config.certificates)?,
            };
            encryption::connect(stream, &config.host, self.trust.insert(trust)).await?
        } else {
            Box::new(stream)
        };
        let (connection, driver) = handshake(TokioIo::new(wire)).await.map_err(|e| e.to_string())?;
        // how it ends is told by the request that meets it
        self.driver.spawn(async move { drop(driver.await) });
        while self.driver.try_join_next().is_some() {}
        Ok(self.open.insert(connection))
    }
}

async fn send(connection: &mut SendRequest<Empty<Bytes>>, config: &Config, path: &str) -> Result<Response<Incoming>, String> {
    connection.ready().await.map_err(|e| e.to_string())?;
    let request = Request::get(path)
        .header("host", config.place())
        .header("accept", "application/xml, text/xml")
        .body(Empty::new())
        .map_err(|e| e.to_string())?;
    connection.send_request(request).await.map_err(|e| e.to_string())
}
