//! The written form of the site, its people and the node's own settings.

use schemars::JsonSchema;
use serde::Deserialize;

/// The site.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteForm {
    /// Name of the site.
    pub name: String,
    /// IANA time zone such as `Asia/Shanghai` or `Europe/Berlin`.
    pub time_zone: String,
    /// ISO 4217 code of the currency of all prices, such as `CNY` or `EUR`.
    pub currency: String,
    /// Price of electrical energy [currency/kW.h].
    #[schemars(extend("minimum" = 0))]
    pub energy_price: f64,
    /// Emissions of electrical energy [kg CO2/kW.h].
    #[schemars(extend("minimum" = 0))]
    pub carbon: f64,
    /// File with lines for the cause model (`docs/causes.md`), relative to this file: which symptoms speak for which cause at your
    /// machines. Absent: what is built in.
    pub causes: Option<String>,
}

/// The clock of a virtual plant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockForm {
    /// How many times faster than real time. Absent: 1.
    #[schemars(extend("minimum" = 0.001, "maximum" = 100_000))]
    pub speed: Option<f64>,
    /// The virtual instant at which the clock starts, such as `2026-03-02T06:00:00+08:00`. Absent: now.
    pub origin: Option<String>,
}

/// Where the pages and the API are served.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebForm {
    /// Address and port. Beyond loopback TLS is required. Absent: `127.0.0.1:8080`.
    pub listen: Option<String>,
    /// File of the TLS certificate chain (PEM), relative to this file.
    pub tls_certificate: Option<String>,
    /// File of the TLS private key (PEM), relative to this file.
    pub tls_key: Option<String>,
    /// Address and port of Arrow Flight SQL, for BI tools; beyond loopback TLS is required. Absent: not served.
    pub flight_sql: Option<String>,
}

/// Where data are kept.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreForm {
    /// Folder, relative to this file. Absent: `data`.
    pub dir: Option<String>,
    /// A journal segment is closed when it reaches this size [MiB]. Absent: 16.
    #[schemars(extend("minimum" = 1, "maximum" = 1_024))]
    pub journal_segment_mib: Option<u32>,
    /// At this size of the whole journal readings are refused until it is sealed [MiB]. Absent: 4096.
    #[schemars(extend("minimum" = 16, "maximum" = 1_048_576))]
    pub journal_mib_max: Option<u32>,
    /// Memory for bodies of requests, unsealed readings, sealing and questions together [MiB]. Absent: 512.
    #[schemars(extend("minimum" = 256, "maximum" = 1_048_576))]
    pub memory_mib_max: Option<u32>,
    /// Days of history kept; 0 keeps all. Absent: 0.
    pub history_days: Option<u32>,
    /// How often readings move from the journal to history, in real time. Absent: `5 min`.
    pub seal_every: Option<String>,
    /// How long readings stay in the journal before they may move, so that late ones land in the same file. Absent: `10 min`.
    pub seal_behind: Option<String>,
    /// History kept, the newest [MiB]; 0 keeps all. Absent: 0.
    #[schemars(extend("maximum" = 1_073_741_824))]
    pub history_mib_max: Option<u32>,
    /// Days after which only one row per machine and minute is kept, in the table `<type>_1m`; 0 keeps all. Absent: 0.
    pub minutes_after_days: Option<u32>,
}

/// How far clocks may differ.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsForm {
    /// How far a source's clock may run ahead; a reading further ahead is refused. Absent: `5 min`.
    pub ahead_max: Option<String>,
    /// How far behind a channel's newest reading a late one may be; an older one is refused. Absent: `2 d`.
    pub late_max: Option<String>,
    /// How far a source's clock may be off ours before a warning is shown; nothing is refused for it. Absent: `10 s`.
    pub skew_max: Option<String>,
}

/// A production line (ISA-95 work centre).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LineForm {
    /// Name, unique among the lines.
    pub name: String,
}

/// A team of workers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamForm {
    /// Name, unique among the teams.
    pub name: String,
    /// Workers in it.
    #[schemars(extend("minimum" = 1, "maximum" = 100_000))]
    pub workers: u32,
}

/// A shift of the week in the site's own time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShiftForm {
    /// Name, unique among the shifts.
    pub name: String,
    /// The team that works it.
    pub team: String,
    /// Days on which it starts.
    #[schemars(extend("items" = super::super::words::day_schema()))]
    pub days: Vec<String>,
    /// Start of the shift on the site's clock, such as `06:00`.
    pub start: String,
    /// Length, such as `8 h`; may reach past midnight, 24 h at most.
    pub length: String,
}
