//! Tables for people: columns as wide as their widest cell, numbers to the right.

/// Rows under a head, with a line between them.
pub fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|r| r.get(column));
        cells.chain(head.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| pad(cell, *width)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let rule: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    let mut lines = vec![line(head), line(&rule)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

fn pad(cell: &str, width: usize) -> String {
    let space = " ".repeat(width.saturating_sub(cell.chars().count()));
    let number = cell.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') && cell.len() < 20;
    if number { format!("{space}{cell}") } else { format!("{cell}{space}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let text = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        let got = table(&text(&["machine", "kWh"]), &[text(&["mill-1", "7.5"]), text(&["oven-1", "120"])]);
        assert_eq!(got, "machine  kWh\n-------  ---\nmill-1   7.5\noven-1   120");
    }
}
