//! Code changes: what sort of branch, how large, and how much depends on it.
//!
//! **Invariant:** impact is told only where a branch, a size or paths are known, and every step
//! above low has its reason beside it.

use schemas::envelope::Extra;
use schemas::event::Event;
use serde_json::Value;

use super::code_paths::sensitive;
use super::given;

/// Longer names of branches are no names.
const BRANCH_BYTES_MAX: usize = 512;

/// So many paths of a change are looked at.
const FILES_MAX: usize = 300;

/// From so many files on, a change is large whatever its lines.
const FILES_OF_LARGE: usize = 30;

/// From so many lines on it is of the next size.
const SIZES: [(i64, &str); 5] = [(1_000, "xl"), (250, "l"), (50, "m"), (10, "s"), (0, "xs")];

pub(super) fn apply(event: &mut Event) {
    let extra = &mut event.extra;
    let branch = of_change(extra).map(class);
    let target = name(extra, "target_branch").map(class);
    let lines = lines(extra);
    let size = lines.map(size);
    given::add(extra, "branch_class", branch);
    given::add(extra, "change_lines", lines);
    given::add(extra, "change_size", size);
    impact(extra, [branch, target], size);
}

/// The branch that has changed: where it was merged into, once it was. A tag keeps its `refs/tags/`.
fn of_change(extra: &Extra) -> Option<&str> {
    let (own, target) = (name(extra, "branch"), name(extra, "target_branch"));
    let is_merged = given::flag(extra, "merged").unwrap_or(false);
    if is_merged { target.or(own) } else { own.or(target) }
}

fn name<'a>(extra: &'a Extra, field: &str) -> Option<&'a str> {
    let name = given::text(extra, field).filter(|name| name.len() <= BRANCH_BYTES_MAX)?;
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    let name = name.strip_prefix("refs/remotes/").unwrap_or(name);
    Some(name.strip_prefix("origin/").unwrap_or(name))
}

/// What sort of branch it is, by its name or by how its name begins.
fn class(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let (first, rest) = name.split_once(['/', '-', '_']).unwrap_or((&name, ""));
    match (name.as_str(), first) {
        ("main" | "master" | "trunk" | "mainline" | "production" | "prod" | "live", _) => "main",
        (_, "dependabot" | "renovate" | "snyk" | "greenkeeper" | "depfu" | "deps" | "pyup") => {
            "dependency"
        }
        (_, "hotfix" | "hotfixes" | "hot" | "emergency") => "hotfix",
        (_, "release" | "releases" | "rel" | "stable") => "release",
        _ if name.starts_with("refs/tags/") || is_version(first) => "release",
        _ if !rest.is_empty() && (is_of_feature(first) || is_ticket(first, rest)) => "feature",
        _ => "other",
    }
}

fn is_of_feature(first: &str) -> bool {
    let by_work = ["feature", "features", "feat", "fix", "fixes", "bugfix", "bug", "chore", "docs"];
    let by_size = ["refactor", "test", "tests", "task", "story", "perf", "improvement", "topic"];
    let by_state = ["wip", "spike", "experiment", "enhancement", "user", "users", "dev"];
    by_work.contains(&first) || by_size.contains(&first) || by_state.contains(&first)
}

/// `1.4`, `v2.0.1`, `3.x`.
fn is_version(name: &str) -> bool {
    let number = name.strip_prefix('v').unwrap_or(name);
    let is_of_number = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == 'x';
    number.starts_with(|letter: char| letter.is_ascii_digit())
        && number.contains('.')
        && number.chars().all(is_of_number)
}

/// `shop-123-faster-search` begins like the key of a ticket.
fn is_ticket(first: &str, rest: &str) -> bool {
    let is_project = first.len() >= 2 && first.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_project && rest.starts_with(|letter: char| letter.is_ascii_digit())
}

fn lines(extra: &Extra) -> Option<i64> {
    let of = |name| given::count(extra, name);
    let both = match (of("lines_added"), of("lines_removed")) {
        (None, None) => None,
        (added, removed) => Some(added.unwrap_or(0) + removed.unwrap_or(0)),
    };
    of("change_lines").or(both)
}

fn size(lines: i64) -> &'static str {
    let found = SIZES.iter().find(|(least, _)| lines >= *least);
    found.map_or("xs", |(_, size)| size)
}

/// Reasons are of three sorts: where the change goes, how large it is, what it touches. One sort is
/// of medium impact, several are of high impact.
fn impact(extra: &mut Extra, branches: [Option<&'static str>; 2], size: Option<&str>) {
    let files = given::list(extra, "files");
    let number_of_files = given::count(extra, "files_changed").or(match files.len() {
        0 => None,
        length => Some(given::signed(length)),
    });
    let is_known = branches != [None; 2] || size.is_some() || number_of_files.is_some();
    if !is_known || given::has(extra, "impact") {
        return;
    }
    let place = branches.into_iter().flatten().find_map(reason_of_branch);
    let is_long = matches!(size, Some("l" | "xl"));
    let is_wide = number_of_files.is_some_and(|files| files >= given::signed(FILES_OF_LARGE));
    let extent = [is_long.then_some("many_lines"), is_wide.then_some("many_files")];
    let paths = sensitive(files.iter().take(FILES_MAX).filter_map(path));
    let sorts = [place.is_some(), is_long || is_wide, !paths.is_empty()];
    let level = match sorts.into_iter().filter(|is_given| *is_given).count() {
        0 => "low",
        1 => "medium",
        _ => "high",
    };
    let reasons = place.into_iter().chain(extent.into_iter().flatten()).chain(paths).collect();
    given::add(extra, "impact", Some(level));
    given::add_list(extra, "impact_reasons", reasons);
}

fn reason_of_branch(class: &str) -> Option<&'static str> {
    match class {
        "main" => Some("main_branch"),
        "release" => Some("release_branch"),
        "hotfix" => Some("hotfix_branch"),
        _ => None,
    }
}

/// Some sources list paths, others objects that hold one.
fn path(file: &Value) -> Option<&str> {
    let named = || ["path", "filename", "name"].iter().find_map(|name| file.get(name)?.as_str());
    file.as_str().or_else(named)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use schemas::kind::Kind;
    use serde_json::json;

    use super::*;
    use crate::transform::testing::added;

    #[test]
    fn branches_are_known_by_their_names() {
        let names = [
            "main",
            "Master",
            "production",
            "release/1.4",
            "release-2",
            "v1.2.3",
            "3.x",
            "1.2.x",
            "refs/tags/nightly",
            "hotfix/login",
            "hot-fix",
            "feature/cart",
            "fix-typo",
            "shop-12-x",
            "dependabot/cargo/serde-1.0",
            "renovate/all",
            "feature",
            "develop",
            "main-old",
            "a",
            "",
        ];
        let table: Vec<_> = names.iter().map(|name| format!("{name}: {}", class(name))).collect();
        expect![[r#"
            main: main
            Master: main
            production: main
            release/1.4: release
            release-2: release
            v1.2.3: release
            3.x: release
            1.2.x: release
            refs/tags/nightly: release
            hotfix/login: hotfix
            hot-fix: hotfix
            feature/cart: feature
            fix-typo: feature
            shop-12-x: feature
            dependabot/cargo/serde-1.0: dependency
            renovate/all: dependency
            feature: other
            develop: other
            main-old: other
            a: other
            : other"#]]
        .assert_eq(&table.join("\n"));
    }

    #[test]
    fn changes() {
        let rows = [
            json!({"branch": "refs/heads/main", "files": ["README.md"]}),
            json!({"branch": "feature/a", "target_branch": "main", "merged": true, "lines_added": 7}),
            json!({"branch": "feature/a", "target_branch": "main", "merged": false}),
            json!({"branch": "origin/docs/a", "lines_added": 40, "lines_removed": "9"}),
            json!({"branch": "x", "lines_added": 1000, "files_changed": "31"}),
            json!({"files": [{"filename": "deploy/main.tf"}, 3, {"path": "Dockerfile"}]}),
            json!({"branch": "main", "change_lines": 49, "impact": "as they say"}),
            json!({"branch": 7, "lines_added": -3, "files": "a.tf"}),
            json!({}),
        ];
        let table: Vec<_> = rows
            .into_iter()
            .map(|row| format!("{row}\n  {}", added(Kind::Code, &row, None)))
            .collect();
        expect![[r#"
            {"branch":"refs/heads/main","files":["README.md"]}
              {"branch_class":"main","impact":"medium","impact_reasons":["main_branch"]}
            {"branch":"feature/a","lines_added":7,"merged":true,"target_branch":"main"}
              {"branch_class":"main","change_lines":7,"change_size":"xs","impact":"medium","impact_reasons":["main_branch"]}
            {"branch":"feature/a","merged":false,"target_branch":"main"}
              {"branch_class":"feature","impact":"medium","impact_reasons":["main_branch"]}
            {"branch":"origin/docs/a","lines_added":40,"lines_removed":"9"}
              {"branch_class":"feature","change_lines":49,"change_size":"s","impact":"low"}
            {"branch":"x","files_changed":"31","lines_added":1000}
              {"branch_class":"other","change_lines":1000,"change_size":"xl","impact":"medium","impact_reasons":["many_lines","many_files"]}
            {"files":[{"filename":"deploy/main.tf"},3,{"path":"Dockerfile"}]}
              {"impact":"medium","impact_reasons":["path:infrastructure","path:container"]}
            {"branch":"main","change_lines":49,"impact":"as they say"}
              {"branch_class":"main","change_size":"s"}
            {"branch":7,"files":"a.tf","lines_added":-3}
              {}
            {}
              {}"#]].assert_eq(&table.join("\n"));
    }

    #[test]
    fn sizes_begin_where_they_are_said_to() {
        let lines = [0, 9, 10, 49, 50, 249, 250, 999, 1_000, i64::MAX];
        assert_eq!(lines.map(size), ["xs", "xs", "s", "s", "m", "m", "l", "l", "xl", "xl"]);
    }
}
