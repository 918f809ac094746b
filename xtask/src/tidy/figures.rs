//! The style figures, printed for orientation (docs: shared/design/style.md).

use super::files::SourceFile;

/// Prints the figures beside what to aim at.
pub fn print(files: &[SourceFile]) {
    let product: Vec<&SourceFile> = files.iter().filter(|f| !f.aside).collect();
    let lengths: Vec<usize> = product.iter().map(|f| f.product).collect();
    let functions: Vec<usize> = product.iter().flat_map(|f| function_lengths(&f.lines[..f.product])).collect();
    let product_lines: usize = lengths.iter().sum();
    let all_lines: usize = files.iter().map(|f| f.lines.len()).sum();
    let tests = 100 * (all_lines - product_lines) / all_lines.max(1);
    eprintln!("    file lines without tests: median {} / p90 {} (about 120 / 350)", share(&lengths, 0.5), share(&lengths, 0.9));
    eprintln!(
        "    function lines: p90 {} / longest {} (about 30 / seldom over 70)",
        share(&functions, 0.9),
        share(&functions, 1.0)
    );
    eprintln!("    tests' share of {all_lines} lines: {tests} % (45 to 55 %)");
}

fn share(values: &[usize], share: f64) -> usize {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let place = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
    sorted.get(place).copied().unwrap_or_default()
}

/// Lengths of functions, by indentation: from `fn` to the closing brace at the same depth (rustfmt keeps this true).
fn function_lengths(lines: &[String]) -> Vec<usize> {
    let mut lengths = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let depth = line.len() - line.trim_start().len();
        let head = line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        let head = head.trim_start_matches("const ").trim_start_matches("async ");
        if !head.starts_with("fn ") {
            continue;
        }
        let closing = format!("{}}}", " ".repeat(depth));
        let end = lines[start..].iter().position(|l| *l == closing || (l.ends_with('}') && l.contains("fn ")));
        lengths.extend(end.map(|e| e + 1));
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_ends_at_its_own_brace() {
        let text = "fn a() {\n    if b {\n    }\n}\nfn c() {}\n";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        assert_eq!(function_lengths(&lines), [4, 1]);
    }
}
