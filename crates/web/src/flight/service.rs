//! The calls of Flight that BI tools make. Enters: calls that were let in, with the [`Person`] who makes them. Leaves: tokens,
//! columns, rows; whatever is not served is refused with a sentence. Absent: state; a ticket is the command itself.

use super::admit::Person;
use super::lists::List;
use super::rows::{self, Messages, plain};
use crate::house::SqlFormat;
use crate::reply::Refusal;
use crate::routes::sql::{ROWS_MAX, answer, shape};
use crate::windows::Windows;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{
    ActionClosePreparedStatementRequest, ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Any, Command,
    CommandStatementUpdate, ProstMessageExt,
};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, HandshakeRequest,
    HandshakeResponse, IpcMessage, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
};
use axum::http::header::AUTHORIZATION;
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use prost::Message;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

/// What answers calls.
pub struct Desk {
    /// The windows beside which it stands.
    pub windows: Arc<Windows>,
    /// Room for answers under way.
    pub room: Arc<Semaphore>,
}

/// The actions that are served.
const CREATE: &str = "CreatePreparedStatement";
const CLOSE: &str = "ClosePreparedStatement";
const SERVED: &str = "served are queries, prepared queries without parameters, and the lists of catalogs, schemas, tables, \
                      table types and SQL info";
/// The question that tells all tables.
const TABLES: &str = "SHOW TABLES";

/// What a command or a ticket asks for.
enum Asked {
    Query(String),
    List(List),
}

fn not_served(what: &str) -> Status {
    Status::unimplemented(format!("{what} is not served here; {SERVED}"))
}

fn unread(cause: impl std::fmt::Display) -> Status {
    Status::invalid_argument(format!("the call cannot be read: {cause}"))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn unwritten(cause: ArrowError) -> Status {
    Status::internal(format!("the answer cannot be written: {cause}"))
}

/// The text behind a handle, which is the statement itself.
fn statement(handle: Bytes) -> Result<String, Status> {
    String::from_utf8(handle.into()).map_err(|_| Status::invalid_argument("this handle was not given here"))
}

fn command(bytes: &[u8]) -> Result<Command, Status> {
    Any::decode(bytes).map_err(unread).and_then(|any| Command::try_from(any).map_err(unread))
}

fn asked(bytes: &[u8]) -> Result<Asked, Status> {
    Ok(match command(bytes)? {
        Command::CommandStatementQuery(asked) => Asked::Query(asked.query),
        Command::CommandPreparedStatementQuery(asked) => Asked::Query(statement(asked.prepared_statement_handle)?),
        Command::CommandGetCatalogs(asked) => Asked::List(List::Catalogs(asked)),
        Command::CommandGetDbSchemas(asked) => Asked::List(List::Schemas(asked)),
        Command::CommandGetTables(asked) => Asked::List(List::Tables(asked)),
        Command::CommandGetTableTypes(asked) => Asked::List(List::TableTypes(asked)),
        Command::CommandGetSqlInfo(asked) => Asked::List(List::SqlInfo(asked)),
        other => return Err(not_served(short(other.type_url()))),
    })
}

/// The name of a message without its package.
fn short(type_url: &str) -> &str {
    type_url.rsplit(['/', '.']).next().unwrap_or(type_url)
}

fn schema_bytes(columns: &SchemaRef) -> Result<Bytes, Status> {
    let message: Result<IpcMessage, ArrowError> = SchemaAsIpc::new(columns, &IpcWriteOptions::default()).try_into();
    Ok(message.map_err(unwritten)?.0)
}

fn person<T>(request: &Request<T>) -> Result<Person, Status> {
    request.extensions().get().cloned().ok_or_else(|| Refusal::not_signed_in().into())
}

impl Desk {
    async fn query_columns(&self, person: &Person, query: String) -> Result<SchemaRef, Status> {
        Ok(plain(&shape(&self.windows, &person.name, query).await?.columns))
    }
    async fn columns(&self, person: &Person, asked: Asked) -> Result<SchemaRef, Status> {
        match asked {
            Asked::Query(query) => self.query_columns(person, query).await,
            Asked::List(list) => Ok(list.rows(&[])?.schema()),
        }
    }
    async fn messages(&self, person: &Person, asked: Asked) -> Result<Messages, Status> {
        match asked {
            Asked::Query(query) => {
                let pieces = answer(&self.windows, &person.name, query, (SqlFormat::Arrow, ROWS_MAX)).await?;
                rows::messages(pieces).await
            }
            Asked::List(list) => {
                let tables = match list {
                    List::Tables(_) => shape(&self.windows, &person.name, TABLES.to_owned()).await?.tables,
                    _ => Vec::new(),
                };
                Ok(rows::one(list.rows(&tables)?))
            }
        }
    }
    /// Refuses a statement that was sent to change something: with what SQL says of it, else with where to send it.
    async fn refused(&self, person: &Person, query: String) -> Status {
        match self.query_columns(person, query).await {
            Err(status) => status,
            Ok(_) => Status::unimplemented("this server only reads; send this statement as a query, not as an update"),
        }
    }
}

/// Messages of an answer.
type Told<T> = BoxStream<'static, Result<T, Status>>;

fn once<T: Send + 'static>(message: T) -> Response<Told<T>> {
    Response::new(stream::iter([Ok(message)]).boxed())
}

#[tonic::async_trait]
impl FlightService for Desk {
    type HandshakeStream = Told<HandshakeResponse>;
    type ListFlightsStream = Told<FlightInfo>;
    type DoGetStream = Told<FlightData>;
    type DoPutStream = Told<PutResult>;
    type DoActionStream = Told<arrow_flight::Result>;
    type ListActionsStream = Told<ActionType>;
    type DoExchangeStream = Told<FlightData>;

    async fn handshake(&self, request: Request<Streaming<HandshakeRequest>>) -> Result<Response<Self::HandshakeStream>, Status> {
        let person = person(&request)?;
        if !person.by_password {
            return Err(Status::unauthenticated("a token is given for a name and a password only"));
        }
        let opened = self.windows.tokens.open(&person.name, person.role, false, Instant::now());
        let (_, token) = opened.map_err(|_| Refusal::busy())?;
        let header = format!("Bearer {token}").parse().map_err(|_| Refusal::busy())?;
        let mut response = once(HandshakeResponse { protocol_version: 0, payload: token.into() });
        response.metadata_mut().insert(AUTHORIZATION.as_str(), header);
        Ok(response)
    }

    async fn get_flight_info(&self, request: Request<FlightDescriptor>) -> Result<Response<FlightInfo>, Status> {
        let person = person(&request)?;
        let descriptor = request.into_inner();
        let columns = self.columns(&person, asked(&descriptor.cmd)?).await?;
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(descriptor.cmd.clone()));
        let info = FlightInfo::new().try_with_schema(&columns).map_err(unwritten)?;
        Ok(Response::new(info.with_descriptor(descriptor).with_endpoint(endpoint)))
    }

    async fn get_schema(&self, request: Request<FlightDescriptor>) -> Result<Response<SchemaResult>, Status> {
        let columns = self.columns(&person(&request)?, asked(&request.get_ref().cmd)?).await?;
        Ok(Response::new(SchemaResult { schema: schema_bytes(&columns)? }))
    }

    async fn do_get(&self, request: Request<Ticket>) -> Result<Response<Self::DoGetStream>, Status> {
        let room = Arc::clone(&self.room).try_acquire_owned().map_err(|_| Refusal::busy())?;
        let messages = self.messages(&person(&request)?, asked(&request.get_ref().ticket)?).await?;
        let held = messages.map(move |message| {
            // the room is given back when the reader has taken all or is gone
            let _held = &room;
            message
        });
        Ok(Response::new(held.boxed()))
    }

    async fn do_put(&self, request: Request<Streaming<FlightData>>) -> Result<Response<Self::DoPutStream>, Status> {
        let person = person(&request)?;
        let first = request.into_inner().message().await?;
        let descriptor = first.and_then(|data| data.flight_descriptor).unwrap_or_default();
        Err(match command(&descriptor.cmd)? {
            Command::CommandStatementUpdate(CommandStatementUpdate { query, .. }) => self.refused(&person, query).await,
            Command::CommandPreparedStatementUpdate(update) => {
                self.refused(&person, statement(update.prepared_statement_handle)?).await
            }
            Command::CommandPreparedStatementQuery(_) => not_served("a prepared statement with parameters"),
            other => not_served(short(other.type_url())),
        })
    }

    async fn do_action(&self, request: Request<Action>) -> Result<Response<Self::DoActionStream>, Status> {
        let person = person(&request)?;
        let action = request.into_inner();
        let body = || Any::decode(&*action.body).map_err(unread);
        match action.r#type.as_str() {
            CREATE => {
                let asked: Option<ActionCreatePreparedStatementRequest> = body()?.unpack().map_err(unread)?;
                let query = asked.ok_or_else(|| unread("it is another message than its action says"))?.query;
                let dataset_schema = schema_bytes(&self.query_columns(&person, query.clone()).await?)?;
                let prepared_statement_handle = query.into();
                let parameter_schema = Bytes::new();
                let made = ActionCreatePreparedStatementResult { prepared_statement_handle, dataset_schema, parameter_schema };
                Ok(once(arrow_flight::Result::new(made.as_any().encode_to_vec())))
            }
            CLOSE => {
                let _: Option<ActionClosePreparedStatementRequest> = body()?.unpack().map_err(unread)?;
                Ok(Response::new(stream::empty().boxed()))
            }
            other => Err(not_served(&format!("the action `{}`", other.chars().take(64).collect::<String>()))),
        }
    }

    async fn list_actions(&self, _: Request<Empty>) -> Result<Response<Self::ListActionsStream>, Status> {
        let action = |name: &str, description: &str| ActionType { r#type: name.to_owned(), description: description.to_owned() };
        let actions = [action(CREATE, "takes one reading statement"), action(CLOSE, "gives it back")];
        Ok(Response::new(stream::iter(actions.map(Ok)).boxed()))
    }

    async fn list_flights(&self, _: Request<Criteria>) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(not_served("ListFlights"))
    }

    async fn poll_flight_info(&self, _: Request<FlightDescriptor>) -> Result<Response<PollInfo>, Status> {
        Err(not_served("PollFlightInfo"))
    }

    async fn do_exchange(&self, _: Request<Streaming<FlightData>>) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(not_served("DoExchange"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_flight::sql::{CommandGetPrimaryKeys, CommandPreparedStatementQuery, CommandStatementQuery};
    use proptest::prelude::*;

    #[test]
    fn a_ticket_is_the_command_itself() {
        let query = "select 1".to_owned();
        let prepared = CommandPreparedStatementQuery { prepared_statement_handle: query.clone().into() };
        let sent = CommandStatementQuery { query: query.clone(), transaction_id: None };
        for bytes in [prepared.as_any().encode_to_vec(), sent.as_any().encode_to_vec()] {
            assert!(matches!(asked(&bytes), Ok(Asked::Query(found)) if found == query));
        }
        let forged = CommandPreparedStatementQuery { prepared_statement_handle: vec![0xff].into() };
        assert_eq!(asked(&forged.as_any().encode_to_vec()).err().map(|s| s.code()), Some(tonic::Code::InvalidArgument));
        let keys = CommandGetPrimaryKeys { catalog: None, db_schema: None, table: String::new() };
        let refused = asked(&keys.as_any().encode_to_vec()).err().expect("refused");
        assert_eq!(refused.code(), tonic::Code::Unimplemented);
        assert!(refused.message().starts_with("CommandGetPrimaryKeys is not served here; served are queries"), "{refused}");
    }

    proptest! {
        #[test]
        fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = asked(&bytes);
        }
    }
}
