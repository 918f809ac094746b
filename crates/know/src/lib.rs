//! The eye of the unit: readings and the image become KPIs, findings and forecasts.

pub mod kpi;
