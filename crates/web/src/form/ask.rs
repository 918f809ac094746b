//! What may stand behind the `?` of an address.

use serde::Deserialize;
use utoipa::IntoParams;

/// `GET /kpis`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfScope {
    /// `unit`, `line`, `machine`, `order`, `team` or `shift`; `unit` where left out.
    pub scope: Option<String>,
}

/// `GET /losses`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LossesOf {
    /// `unit`, `line` or `machine`; `unit` where left out.
    pub scope: Option<String>,
}

/// `GET /machines/{name}/timeline`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// How far back, 1 to 24; 24 where left out [h].
    #[param(minimum = 1, maximum = 24)]
    pub hours: Option<u32>,
}

/// `GET /machines/{name}/channels/{channel}/series`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Start, RFC 3339; eight hours before the end where left out.
    pub from: Option<String>,
    /// End, RFC 3339; now where left out.
    pub to: Option<String>,
    /// Buckets, 1 to 2000; 300 where left out.
    #[param(minimum = 1, maximum = 2000)]
    pub points: Option<u32>,
}

/// `GET /machines/{name}/buckets`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Buckets {
    /// Names of number channels, parted by commas, at most 20.
    pub channels: String,
    /// Functions, parted by commas: `mean`, `min`, `max`, `first`, `last`, `count`, `delta`, `time_weighted_mean`; `mean` where left
    /// out.
    pub functions: Option<String>,
    /// Start, RFC 3339; eight hours before the end where left out.
    pub from: Option<String>,
    /// End, RFC 3339; now where left out.
    pub to: Option<String>,
    /// Width of a bucket [s]; the window by 300 where left out. At most 20,000 buckets are given.
    #[param(minimum = 1, maximum = 31536000)]
    pub width_s: Option<u32>,
}

/// `GET /last`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Last {
    /// Only machines of this type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Only this machine.
    pub machine: Option<String>,
    /// Only channels of this name.
    pub channel: Option<String>,
}

/// `GET /revisions`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Newest {
    /// At most this many, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// `GET /findings`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// Only open ones, or only ended ones; both where left out.
    pub open: Option<bool>,
    /// At most this many, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// `GET /decisions`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Only of this state.
    pub state: Option<String>,
    /// At most this many, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// Only those made before this instant, RFC 3339.
    pub before: Option<String>,
}

/// `GET /audit`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Only lines before this number.
    pub before: Option<u64>,
    /// At most this many, 1 to 500; 100 where left out.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}
