//! How figures are printed.

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub name: String,
    /// Ours.
    pub ours: f64,
    /// The limit, where there is one.
    pub limit: Option<f64>,
    /// Ours as a share of the limit; higher is better.
    pub ratio: Option<f64>,
    /// The unit of both.
    pub unit: &'static str,
}

impl Figure {
    /// More is better.
    pub(crate) fn rate(name: &str, ours: f64, limit: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), ours, limit: Some(limit), ratio: Some(ours / limit), unit }
    }

    /// Less is better.
    pub(crate) fn cost(name: &str, ours: f64, limit: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), ours, limit: Some(limit), ratio: Some(limit / ours), unit }
    }

    /// There is nothing to compare with.
    pub(crate) fn alone(name: &str, ours: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), ours, limit: None, ratio: None, unit }
    }
}

/// Prints figures.
pub(crate) fn print(figures: &[Figure], json: bool) {
    if json {
        println!("{}", serde_json::to_string_pretty(figures).expect("figures are representable as JSON"));
        return;
    }
    println!("{:<44} {:>12} {:>12} {:>7}  unit", "what", "ours", "limit", "ratio");
    for figure in figures {
        let or_dash = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
        };
        println!(
            "{:<44} {:>12.1} {:>12} {:>7}  {}",
            figure.name,
            figure.ours,
            or_dash(figure.limit, 1),
            or_dash(figure.ratio, 2),
            figure.unit
        );
    }
}

/// The median of some measurements.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value below which this share of the values lies.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1)) - 1;
    values.get(index).copied().unwrap_or(f64::NAN)
}
