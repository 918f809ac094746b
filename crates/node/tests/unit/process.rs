//! The binary as a child process, and a plain HTTP/1.1 client for its windows. Enters: a configuration, requests. Leaves: exit
//! codes, texts, answers, metrics. Absent: connections that are kept, encryption.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The binary under test.
pub const SOCIUM: &str = env!("CARGO_BIN_EXE_socium");
/// Longest wait for anything; machines that build at the same time are slow.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running `socium run`.
pub struct Unit {
    child: Child,
    pub address: SocketAddr,
    token: String,
    /// From the start of the process until its windows were open.
    pub took: Duration,
    errors: mpsc::Receiver<String>,
}

/// The counters of `/metrics` that account for readings.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Account {
    pub accepted: u64,
    pub stored: u64,
    pub refused: u64,
    pub in_flight: u64,
}

/// A person signed in.
pub struct Person {
    pub cookie: String,
    pub csrf: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Runs a command to its end: exit code and what it wrote, errors last.
pub fn run(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(SOCIUM).args(words).current_dir(folder).output().expect("the binary runs");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), text)
}

/// Lines of a pipe as they come, until it ends.
fn lines(pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}

impl Unit {
    /// Starts and waits until the windows are open.
    pub fn start(config: &Path) -> Self {
        let start = Instant::now();
        let mut command = Command::new(SOCIUM);
        command.args(["run", "--config"]).arg(config).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let said = lines(child.stdout.take().expect("it is piped"));
        let errors = lines(child.stderr.take().expect("it is piped"));
        let told = said.recv_timeout(PATIENCE);
        let took = start.elapsed();
        let Some(url) = told.as_ref().ok().and_then(|line| line.strip_prefix("The unit runs. Open  http://")) else {
            // it may have ended already
            let _ = child.kill();
            panic!("socium run did not start: {told:?} {:?}", errors.iter().collect::<Vec<_>>());
        };
        let (address, token) = url.split_once("/#/welcome?token=").expect("nobody has a password yet");
        let address = address.parse().expect("an address");
        Self { child, address, token: token.to_owned(), took, errors }
    }
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("its state is known").is_none()
    }
    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("it was alive");
        self.child.wait().expect("it ended");
    }
    /// SIGTERM; how it ended, how long that took, and what it logged.
    pub fn end(mut self) -> (ExitStatus, Duration, Vec<String>) {
        let start = Instant::now();
        let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status();
        assert!(sent.expect("a shell").success(), "it was alive");
        while self.is_alive() && start.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(!self.is_alive(), "it ends when it is asked to");
        let status = self.child.wait().expect("it ended");
        (status, start.elapsed(), self.errors.iter().collect())
    }
    /// Signs in with the one-time token.
    pub fn sign_in(&self) -> Person {
        let body = json!({ "token": self.token }).to_string();
        let answer = self.send("POST /api/v1/session/one-time", &[], &body);
        let cookie = answer.head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).and_then(|l| l.split(';').next());
        let csrf = answer.json()["csrf"].as_str().map(str::to_owned);
        Person { cookie: cookie.expect("a cookie").to_owned(), csrf: csrf.expect("a CSRF token") }
    }
    /// One request; `host` and `content-length` are added where they are not given.
    pub fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        request(self.address, line, headers, body).unwrap_or_else(|e| panic!("{line}: {e}"))
    }
    pub fn get(&self, path: &str, person: &Person) -> Value {
        self.send(&format!("GET {path}"), &[("cookie", &person.cookie)], "").json()
    }
    /// Ids and machines of the decisions that wait for a person.
    pub fn pending(&self, person: &Person) -> Vec<(String, String)> {
        let found = self.get("/api/v1/decisions?state=pending&limit=500", person);
        let word = |d: &Value, key: &str| d[key].as_str().unwrap_or_default().to_owned();
        found.as_array().expect("decisions").iter().map(|d| (word(d, "id"), word(d, "machine"))).collect()
    }
    /// The accounts of all sources; they must balance at every moment.
    pub fn account(&self) -> Account {
        let text = self.send("GET /metrics", &[], "").body;
        let sum = |name: &str| {
            let lines = text.lines().filter(|l| l.starts_with(name) && l.as_bytes().get(name.len()) == Some(&b'{'));
            lines.filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
        };
        let account = Account {
            accepted: sum("socium_readings_accepted_total"),
            stored: sum("socium_readings_stored_total"),
            refused: sum("socium_readings_refused_total"),
            in_flight: sum("socium_readings_in_flight"),
        };
        assert_eq!(account.accepted, account.stored + account.refused + account.in_flight, "the accounting is exact");
        account
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // a failed test leaves no process behind; one that ended needs no kill
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(address: SocketAddr, line: &str, headers: &[(&str, &str)], body: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = format!("{line} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "host") {
        text += &format!("host: {address}\r\n");
    }
    if !body.is_empty() {
        text += "content-type: application/json\r\n";
    }
    for (name, value) in headers {
        text += &format!("{name}: {value}\r\n");
    }
    text += "\r\n";
    stream.write_all(text.as_bytes())?;
    // the answer to a body that is too large may come, and the connection close, before all of it is sent
    let _ = stream.write_all(body.as_bytes());
    let mut bytes = Vec::new();
    let ended = stream.read_to_end(&mut bytes);
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Err(ended.err().unwrap_or_else(|| std::io::ErrorKind::UnexpectedEof.into()));
    };
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
    let chunked = head.lines().any(|line| line.eq_ignore_ascii_case("transfer-encoding: chunked"));
    Ok(Answer { status, head: head.to_owned(), body: if chunked { joined(body) } else { body.to_owned() } })
}

/// The chunks of a chunked body, put together (RFC 9112, section 7.1).
fn joined(mut chunked: &str) -> String {
    let mut body = String::new();
    while let Some((size, rest)) = chunked.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        let Some(chunk) = rest.get(..size).filter(|_| size > 0) else { break };
        body += chunk;
        chunked = rest.get(size + 2..).unwrap_or_default();
    }
    body
}

/// Asks until an answer comes.
pub async fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Writes lines to a line protocol source as Telegraf does, in seconds; they are on the disk then.
pub fn write_lines(door: SocketAddr, lines: &[String]) {
    let body = lines.join("\n");
    let mut socket = TcpStream::connect(door).expect("the source listens");
    let head = "POST /api/v2/write?bucket=b&org=o&precision=s HTTP/1.1\r\nhost: unit\r\nconnection: close\r\ncontent-length: ";
    write!(socket, "{head}{}\r\n\r\n{body}", body.len()).expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}

/// The unsealed readings that were found.
pub fn batches(found: &store::Recovered) -> Vec<plant::Batch> {
    found.backlog.batches().expect("whole entries")
}
