//! Who may do what: one table of all routes. A route that is not in the table is closed to everyone.

use plant::UserRole;

/// Where the API lives.
pub const BASE: &str = "/api/v1";

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing; a changing one still must come from our own pages.
    Open,
    /// A signed-in person, or a caller on this computer.
    HereOr(UserRole),
    /// A signed-in person of at least this role.
    Signed(UserRole),
}

/// Every route: method, path, need. Verdicts need, beyond this, the role that the decision's policy names.
pub const ALL: &[(&str, &str, Need)] = &[
    ("GET", "/api/v1/audit", Need::Signed(UserRole::Engineer)),
    ("GET", "/api/v1/connect", Need::Signed(UserRole::Engineer)),
    ("POST", "/api/v1/connect", Need::Signed(UserRole::Engineer)),
    ("DELETE", "/api/v1/connect/{id}", Need::Signed(UserRole::Engineer)),
    ("GET", "/api/v1/connect/{id}", Need::Signed(UserRole::Engineer)),
    ("POST", "/api/v1/connect/{id}/enough", Need::Signed(UserRole::Engineer)),
    ("POST", "/api/v1/connect/{id}/yes", Need::Signed(UserRole::Engineer)),
    ("GET", "/api/v1/data", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/decisions", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/decisions/{id}", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/decisions/{id}/verdict", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/energy", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/families", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/families/{name}/look", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/families/{name}/orders", Need::Signed(UserRole::Planner)),
    ("POST", "/api/v1/families/{name}/promise", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/findings", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/findings/{id}/confirmation", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/forecasts", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/hand", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/kpis", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/last", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/live", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/losses", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/machines", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/machines/{name}", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/machines/{name}/buckets", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/machines/{name}/channels/{channel}/series", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/machines/{name}/timeline", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/openapi.json", Need::Open),
    ("GET", "/api/v1/orders", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/orders/{name}", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/outlook", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/outlook/models", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/readings", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/records/{id}/walk", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/revisions", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/schedule", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/schedule/changes", Need::Signed(UserRole::Planner)),
    ("DELETE", "/api/v1/session", Need::Signed(UserRole::Viewer)),
    ("GET", "/api/v1/session", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/session", Need::Open),
    ("POST", "/api/v1/session/one-time", Need::Open),
    ("PUT", "/api/v1/session/password", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/sql", Need::Signed(UserRole::Engineer)),
    ("GET", "/api/v1/stations", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/stations/{name}", Need::Signed(UserRole::Operator)),
    ("POST", "/api/v1/stations/{name}/reports", Need::Signed(UserRole::Operator)),
    ("GET", "/api/v1/unit", Need::Signed(UserRole::Viewer)),
    ("POST", "/api/v1/unit/restart", Need::Signed(UserRole::Engineer)),
    ("GET", "/api/v1/users", Need::Signed(UserRole::Admin)),
    ("POST", "/api/v1/users", Need::Signed(UserRole::Admin)),
    ("GET", "/health", Need::Open),
    ("GET", "/metrics", Need::HereOr(UserRole::Viewer)),
];

/// What a route needs; `HEAD` is `GET`. `None` is closed.
pub fn need(method: &str, path: &str) -> Option<Need> {
    let method = if method == "HEAD" { "GET" } else { method };
    ALL.iter().find(|(m, p, _)| *m == method && *p == path).map(|(_, _, need)| *need)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_table_is_closed() {
        assert_eq!(need("HEAD", "/health"), Some(Need::Open));
        assert_eq!(need("DELETE", "/api/v1/users"), None);
        assert_eq!(need("GET", "/api/v1/secret"), None);
    }

    #[test]
    fn the_table_is_sorted_by_path_and_names_each_route_once() {
        let rows: Vec<_> = ALL.iter().map(|(method, path, _)| (*path, *method)).collect();
        assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{rows:?}");
    }
}
