//! The OpenAPI 3.1 description of `/api/v1`, made from the routes and forms themselves. `docs/openapi.json` is its golden file.

use crate::form::{person, unit as unit_form, walk};
use crate::routes;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{Schema, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};

/// Forms that people send: what may be left out there is really optional. In all others every field is always present.
const SENT: [&str; 17] = [
    "NewConfirmation",
    "SignIn",
    "OneTimeToken",
    "NewPassword",
    "NewUser",
    "NewVerdict",
    "SqlQuery",
    "NewSurvey",
    "SurveyYes",
    "MachineCorrection",
    "ChannelCorrection",
    "NewReading",
    "NewReport",
    "NewChange",
    "NewConfiguration",
    "NewOrder",
    "NewValue",
];
/// Forms in which a field may be absent.
const SPARSE: [&str; 1] = ["ErrorDetail"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Socium",
        description = "One production unit and its data–decision loop. Everything that changes something needs the cookie \
                       `socium_session` and the header `x-csrf-token`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        routes::session::sign_in,
        routes::session::sign_in_once,
        routes::session::who,
        routes::session::sign_out,
        routes::session::set_password,
        routes::unit::unit,
        routes::live::live,
        routes::machines::machines,
        routes::machines::machine,
        routes::machines::timeline,
        routes::machines::series,
        routes::history::buckets,
        routes::history::last,
        routes::kpis::kpis,
        routes::kpis::losses,
        routes::findings::findings,
        routes::findings::confirm,
        routes::findings::forecasts,
        routes::decisions::decisions,
        routes::decisions::decision,
        routes::decisions::verdict,
        routes::records::walk,
        routes::revisions::revisions,
        routes::energy::energy,
        routes::families::families,
        routes::families::look,
        routes::families::promise,
        routes::families::order,
        routes::families::detail,
        routes::orders::orders,
        routes::outlook::outlook,
        routes::outlook::models,
        routes::schedule::schedule,
        routes::schedule::change,
        routes::data::data,
        routes::connect::examples,
        routes::connect::begin,
        routes::connect::standing,
        routes::connect::forget,
        routes::connect::enough,
        routes::connect::yes,
        routes::connect::restart,
        routes::hand::rounds,
        routes::hand::enter,
        routes::station::stations,
        routes::station::station,
        routes::station::report,
        routes::audit::audit,
        routes::users::users,
        routes::users::add,
        routes::sql::sql,
        routes::health::health,
        routes::health::metrics,
        routes::health::openapi,
    ),
    components(schemas(person::ErrorBody, unit_form::RecordBrief, unit_form::Missed, walk::Step))
)]
struct Api;

/// The description.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut api = Api::openapi();
    if let Some(components) = api.components.as_mut() {
        for (name, schema) in &mut components.schemas {
            if !SENT.contains(&name.as_str()) && !SPARSE.contains(&name.as_str()) {
                require_all(schema);
            }
        }
        let cookie = ApiKey::Cookie(ApiKeyValue::new(crate::session::COOKIE));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in [
            ("GET", item.get.as_mut()),
            ("POST", item.post.as_mut()),
            ("PUT", item.put.as_mut()),
            ("DELETE", item.delete.as_mut()),
        ] {
            if let Some(operation) = operation {
                finish(operation, crate::access::need(method, path));
            }
        }
    }
    api
}

/// Adds the common form of refusals, and whether a session is needed.
fn finish(operation: &mut Operation, need: Option<crate::access::Need>) {
    let form = Content::builder().schema(Some(Ref::from_schema_name("Error"))).build();
    let refusal = ResponseBuilder::new().description("Refused: why, where, what is allowed").content("application/json", form);
    operation.responses.responses.insert("default".to_owned(), RefOr::T(refusal.build()));
    if need != Some(crate::access::Need::Open) {
        operation.security = Some(vec![SecurityRequirement::new("session", Vec::<String>::new())]);
    }
}

fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) if object.schema_type == SchemaType::Type(Type::Object) => {
            object.required = object.properties.keys().cloned().collect();
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_all),
        _ => {}
    }
}
