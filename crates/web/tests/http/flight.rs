//! Flight SQL at the windows: who is let in, for how long, and that the refusals are those of the HTTP API. Clients of another make
//! are in the tests of `node`.

use crate::client::Window;
use crate::house::Fake;
use crate::tls::{paths, trusting};
use arrow::datatypes::DataType;
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use futures::TryStreamExt;
use hyper_util::rt::TokioIo;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use web::{Flight, Limits, Listen, OneTime, TOKENS, WebError};

type Client = FlightSqlServiceClient<Channel>;

const QUERY: &str = "select machine from milling";

async fn client(address: SocketAddr) -> Client {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    FlightSqlServiceClient::new(endpoint.connect().await.expect("it is served"))
}

async fn signed_in(window: &Window, role: &str) -> Result<Client, FlightError> {
    let mut client = client(window.flight).await;
    client.handshake(role, &format!("{role}-password")).await?;
    Ok(client)
}

/// Rows of an answer, and the type of its first column.
async fn rows(client: &mut Client, query: &str) -> Result<(usize, DataType), FlightError> {
    let info = client.execute(query.to_owned(), None).await?;
    let ticket = info.endpoint.into_iter().next().and_then(|e| e.ticket).expect("a ticket");
    let batches: Vec<_> = client.do_get(ticket).await?.try_collect().await?;
    let kind = batches.first().map_or(DataType::Null, |b| b.schema().field(0).data_type().clone());
    Ok((batches.iter().map(|b| b.num_rows()).sum(), kind))
}

#[track_caller]
fn says<T>(answer: Result<T, FlightError>, sentence: &str) {
    let said = answer.err().expect("refused").to_string();
    assert!(said.contains(sentence), "{said}");
}

#[tokio::test]
async fn who_may_ask_sql_over_http_may_ask_it_here() {
    let window = Window::open().await;
    for role in ["viewer", "operator", "planner"] {
        says(signed_in(&window, role).await, "this needs the role engineer or higher");
    }
    for role in ["engineer", "admin"] {
        let mut client = signed_in(&window, role).await.expect("let in");
        assert_eq!(rows(&mut client, QUERY).await.expect("rows"), (12, DataType::Utf8), "words are no views");
        says(rows(&mut client, "drop table milling").await, "only SELECT is allowed");
        says(rows(&mut client, "").await, "body.query: found 0 characters; allowed is 1 to 65536 characters");
        says(client.execute_update(QUERY.to_owned(), None).await, "this server only reads");
    }
    says(rows(&mut client(window.flight).await, QUERY).await, "sign in first");
    let audited = window.fake.audited();
    let asked: Vec<_> = audited.iter().filter(|line| line.1 == "sql").map(|line| (line.0.as_str(), line.3.as_str())).collect();
    let wanted = |who| [(who, QUERY), (who, "drop table milling")];
    assert_eq!(asked, [wanted("engineer"), wanted("admin")].concat(), "a query that is too long or empty is not kept");
}

#[tokio::test]
async fn a_token_ends_and_gives_no_other() {
    let moment = Limits { idle: Duration::ZERO, ..Limits::default() };
    let window = Window::with(moment).await;
    let mut client = signed_in(&window, "engineer").await.expect("let in");
    says(rows(&mut client, QUERY).await, "this token is not known or too old; sign in again");

    let window = Window::open().await;
    let mut first = signed_in(&window, "engineer").await.expect("let in");
    let engineer = window.caller("engineer").await;
    let body = r#"{"current":"engineer-password","new":"another password"}"#;
    assert_eq!(engineer.put("/api/v1/session/password", body).await.status, 204);
    says(rows(&mut first, QUERY).await, "this token is not known or too old; sign in again");

    let second = signed_in(&window, "admin").await.expect("let in");
    let token = format!("Bearer {}", second.token().expect("a token"));
    let mut plain = arrow_flight::flight_service_client::FlightServiceClient::new(
        Endpoint::from_shared(format!("http://{}", window.flight)).expect("an address").connect_lazy(),
    );
    let mut again = tonic::Request::new(futures::stream::empty());
    again.metadata_mut().insert("authorization", token.parse().expect("a header"));
    let refused = plain.handshake(again).await.expect_err("refused");
    assert_eq!(refused.message(), "a token is given for a name and a password only");
}

#[tokio::test]
async fn guesses_are_counted_over_both_doors() {
    let window = Window::open().await;
    for _ in 0..3 {
        window.sign_in("admin", "a wrong password").await;
    }
    for _ in 0..2 {
        says(client(window.flight).await.handshake("admin", "a wrong password").await, "name or password is wrong");
    }
    says(signed_in(&window, "admin").await, "too many attempts; try again in 5 s");
    assert_eq!(window.sign_in("admin", "admin-password").await.refusal(), (429, "too_many".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_answered() {
    let window = Window::open().await;
    let mut client = signed_in(&window, "admin").await.expect("let in");
    window.fake.break_audit();
    says(rows(&mut client, QUERY).await, "the store failed; the log says why");
}

#[tokio::test]
async fn a_foreign_name_is_not_answered_to() {
    let window = Window::open().await;
    let endpoint = Endpoint::from_shared(format!("http://{}", window.flight)).expect("an address");
    let foreign = endpoint.origin("http://evil.example".parse().expect("a name"));
    let mut client = FlightSqlServiceClient::new(foreign.connect().await.expect("it is served"));
    let refused = client.handshake("admin", "admin-password").await;
    says(refused, "this address answers only to the names of this computer itself");
}

#[tokio::test]
async fn beyond_loopback_only_with_tls() {
    let opened = async |tls| {
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let flight = Some(Flight { address: everywhere, tokens: TOKENS });
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        web::serve(Fake::new(), Listen { tls, flight, ..Listen::loopback(here, OneTime::none()) }, std::future::pending()).await
    };
    let refused = opened(None).await.err().expect("refused");
    assert!(matches!(refused, WebError::TlsNeeded { .. }), "{refused}");

    let port = opened(paths("certificate.pem", "key.pem")).await.expect("opened").flight().expect("it is served").port();
    let connector = tokio_rustls::TlsConnector::from(trusting(b"h2"));
    let connect = tower::service_fn(move |_| {
        let connector = connector.clone();
        async move {
            let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
            let name = rustls::pki_types::ServerName::try_from("localhost").expect("a name");
            connector.connect(name, socket).await.map(TokioIo::new)
        }
    });
    let endpoint = Endpoint::from_static("http://works.example");
    let mut client = FlightSqlServiceClient::new(endpoint.connect_with_connector(connect).await.expect("it is served"));
    client.handshake("admin", "admin-password").await.expect("let in");
    assert_eq!(rows(&mut client, QUERY).await.expect("rows").0, 12);
}
