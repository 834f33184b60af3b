//! The section `alerts` of the configuration file: receivers, routes, rules, limits.

use std::path::Path;

use correlator::alert::{AlertsConfig, ConfigProblem};
use serde::Deserialize;

use super::section;

/// The file; its other sections are read elsewhere.
#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    alerts: AlertsConfig,
}

/// What the section of this file means.
///
/// # Errors
/// All that is wrong, with file and line.
pub(super) fn read(path: &Path) -> Result<AlertsConfig, String> {
    section::text_of(path)
        .map_or(Ok(AlertsConfig::default()), |text| parse(&path.display().to_string(), &text))
}

fn parse(name: &str, text: &str) -> Result<AlertsConfig, String> {
    let File { alerts } = section::parse(name, text)?;
    match alerts.check() {
        Ok(_) => Ok(alerts),
        Err(problems) => {
            let told = |of: &ConfigProblem| format!("{name}:{}: {of}", line_of(text, &of.at));
            Err(problems.0.iter().map(told).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// The line of a place like `routes[1].receivers`: of its last word, in the item that is meant.
fn line_of(text: &str, at: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let mut line = find(&lines, 0, "alerts:").unwrap_or(0);
    for part in at.split('.') {
        let (word, item) = part.split_once('[').map_or((part, None), |(word, item)| {
            (word, item.trim_end_matches(']').parse::<usize>().ok())
        });
        let Some(found) = find(&lines, line, &format!("{word}:")) else { break };
        line = found;
        if let Some(item) = item {
            let items = lines.iter().enumerate().skip(line + 1);
            let mut starts = items.filter(|(_, text)| text.trim_start().starts_with("- "));
            line = starts.nth(item).map_or(line, |(start, _)| start);
        }
    }
    line + 1
}

fn find(lines: &[&str], from: usize, word: &str) -> Option<usize> {
    let rest = lines.iter().enumerate().skip(from);
    rest.into_iter().find(|(_, line)| line.contains(word)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_section_is_read() {
        let text = "\
alerts:
  receivers:
    - {name: ops, channel: slack}
  routes:
    - {name: all, receivers: [ops], group_wait: 10s}
  rules:
    login: {for: 1m, level: critical}
";
        let alerts = parse("isobar.yaml", text).unwrap();
        assert_eq!((alerts.routes.len(), alerts.rules.len()), (1, 1));
        assert_eq!(parse("isobar.yaml", "brokers: kafka:9092").unwrap(), AlertsConfig::default());
    }

    #[test]
    fn mistakes_are_told_with_their_line_all_at_once() {
        let text = "\
brokers: kafka:9092
alerts:
  receivers:
    - {name: ops, channel: slack}
  routes:
    - name: one
      receivers: [ops]
    - name: two
      receivers: [opps]
  limits:
    groups: 0
";
        let told = parse("f.yaml", text).unwrap_err();
        let starts: Vec<_> = told.lines().map(|line| line.split(": ").next().unwrap()).collect();
        assert_eq!(starts, ["f.yaml:11", "f.yaml:9"], "{told}");
        let unknown = parse("f.yaml", "alerts:\n  rutes: []\n").unwrap_err();
        assert!(unknown.starts_with("f.yaml:2: alerts: unknown field `rutes`"), "{unknown}");
    }
}
