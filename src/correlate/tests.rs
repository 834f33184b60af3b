//! The command, as somebody types it.

use super::*;

fn correlated(input: &str) -> (String, Vec<serde_json::Value>, serde_json::Value) {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("in.ndjson"), input).unwrap();
    let arguments = CorrelateArgs {
        input: path("in.ndjson"),
        assignments: path("rows.tsv"),
        output: path("incidents.ndjson"),
        format: None,
        mappings: Vec::new(),
        summary: Some(path("summary.json")),
    };
    run(&arguments, Time::from_millis(1_790_000_000_000).unwrap()).unwrap();
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap();
    let incidents = read("incidents.ndjson");
    let incidents = incidents.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (read("rows.tsv"), incidents, serde_json::from_str(&read("summary.json")).unwrap())
}

fn alert(minute: u32, rule: &str, host: &str) -> String {
    format!(
        r#"{{"specversion": "1.0", "id": "{rule}-{host}-{minute}", "source": "ids", "type": "alert", "subject": "{host}",
        "time": "2026-07-01T10:{minute:02}:00Z", "data": {{"rule": "{rule}"}}}}"#
    )
    .replace('\n', " ")
}

#[test]
fn every_row_has_a_line_and_what_belongs_together_has_one_incident() {
    let rows = [
        alert(0, "scan", "web"),
        "no event".to_owned(),
        String::new(),
        alert(1, "shell", "web"),
        alert(2, "scan", "far-away"),
    ];
    let (assigned, incidents, summary) = correlated(&rows.join("\n"));
    let lines: Vec<Vec<&str>> = assigned.lines().map(|line| line.split('\t').collect()).collect();
    let ids: Vec<&str> = lines.iter().map(|line| line[1]).collect();
    assert_eq!(lines.iter().map(|line| line[0]).collect::<Vec<_>>(), ["0", "1", "2", "3", "4"]);
    assert_eq!((ids[1], ids[2], ids[0] == ids[3], ids[0].len()), ("-", "-", true, 32));
    assert!(incidents.iter().any(|incident| incident["data"]["incident"] == ids[0]));
    assert_eq!(incidents[0]["type"], "isobar.incident");
    assert_eq!(
        (&summary["rows"], &summary["unread"], &summary["events"]),
        (&4.into(), &1.into(), &3.into())
    );
}

#[test]
fn a_folder_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = crate::offline::one_file(folder.path()).err().unwrap().to_string();
    assert!(
        error.ends_with("is a folder; rows are numbered within one file, so give one"),
        "{error}"
    );
}
