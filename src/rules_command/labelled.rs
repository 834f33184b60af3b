//! The labelled timelines of the patterns that come with Isobar: how much of what should fire does, and how
//! much of what fires should. They go the whole way, from messages to alerts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use correlator::patterns::Stateful;
use rules::timeline::Timeline;
use rules::{Asked, RuleSet, examples, folder};

use super::timelines::{Verdict, play};
use super::{asked, matcher, stateful_of};

/// Firings by what became of them.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Score {
    timelines: usize,
    hits: usize,
    missed: usize,
    extra: usize,
}

impl Score {
    fn add(&mut self, verdict: &Verdict) {
        self.timelines += 1;
        self.hits += verdict.hits.len();
        self.missed += verdict.missed.len();
        self.extra += verdict.extra.len();
    }

    #[expect(clippy::cast_precision_loss, reason = "hundreds")]
    fn share(part: usize, other: usize) -> f64 {
        if part + other == 0 { 1.0 } else { part as f64 / (part + other) as f64 }
    }

    fn precision(self) -> f64 {
        Self::share(self.hits, self.extra)
    }

    fn recall(self) -> f64 {
        Self::share(self.hits, self.missed)
    }

    fn line(self, name: &str) -> String {
        let Self { timelines, hits, missed, extra } = self;
        let (precision, recall) = (self.precision(), self.recall());
        format!(
            "{name:<26} {timelines:>3} timelines, {hits:>3} hits, {missed} missed, {extra} extra: \
             precision {precision:.3}, recall {recall:.3}"
        )
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

struct Own {
    asked: Arc<Asked>,
    all: Vec<Stateful>,
    files: BTreeMap<String, String>,
}

/// The rules that come with Isobar, and the files of the stateful ones.
fn rules_of_own() -> Own {
    let mut set = RuleSet::load(&folder::read(&root().join("rules/own")).unwrap());
    let all = stateful_of(&mut set);
    let correlations = set.correlations.iter().map(|of| (of.id.clone(), of.file.clone()));
    let patterns = set.patterns.iter().map(|of| (of.id.clone(), of.file.clone()));
    let files = correlations.chain(patterns).collect();
    let (matcher, _) = matcher(set).unwrap();
    Own { asked: Arc::new(asked(matcher, &all)), all, files }
}

fn timelines_of(path: &Path) -> Vec<Timeline> {
    let text = folder::text(path).unwrap();
    examples::read(&text).map_err(|problems| format!("{problems:#?}")).unwrap().timelines
}

/// Timelines that do not come out as their labels say, and why not. Whatever else differs is a failure.
const EXPLAINED: [(&str, &str); 0] = [];

#[test]
#[expect(clippy::print_stdout, reason = "the figures are what people run this test for")]
fn what_patterns_say_of_labelled_timelines() {
    let own = rules_of_own();
    let (mut by, mut all) = (BTreeMap::<String, Score>::new(), Score::default());
    let mut wrong = Vec::new();
    for path in folder::files(&root().join("correlator/tests/timelines")).unwrap() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = format!("rules/own/patterns/{name}.yaml");
        let judged: Vec<&Stateful> =
            own.all.iter().filter(|of| own.files[&of.id].ends_with(&file)).collect();
        assert!(!judged.is_empty(), "no pattern for {}", path.display());
        for timeline in timelines_of(&path) {
            let verdict = play(&timeline, &judged, &own.asked, &own.all).unwrap();
            all.add(&verdict);
            by.entry(format!("of {name}")).or_default().add(&verdict);
            by.entry(format!("kind {}", timeline.kind)).or_default().add(&verdict);
            let told = verdict.wrong(&timeline);
            wrong.extend(told.map(|what| format!("{name}:{}: {what}", timeline.line)));
        }
    }
    by.iter().for_each(|(name, score)| println!("{}", score.line(name)));
    println!("{}", all.line("all"));
    let is_explained = |what: &&String| EXPLAINED.iter().any(|(of, _)| what.contains(of));
    let (explained, unexplained): (Vec<_>, Vec<_>) = wrong.iter().partition(is_explained);
    assert_eq!(unexplained, Vec::<&String>::new());
    assert_eq!(explained.len(), EXPLAINED.len(), "what is explained must still be wrong");
    assert!(all.timelines >= 300, "{}", all.timelines);
    assert!(all.precision() >= 0.95 && all.recall() >= 0.95, "{}", all.line("all"));
}

/// What the customer asked for: time and confidence of each.
#[test]
fn the_patterns_have_their_times_and_confidences() {
    let own = rules_of_own();
    let told = own.all.iter().filter(|of| !of.is_material).map(|of| {
        let minutes = of.within_ms() / 60_000;
        let group: Vec<&str> = of.group_by.iter().map(|field| field.name.as_str()).collect();
        format!("{}: {minutes} min, {}, [{}]", of.title, of.confidence, group.join(", "))
    });
    expect_test::expect![[r#"
        Alert cascade of a service: 10 min, 0.9, [service]
        Alert cascade of a source: 10 min, 0.9, [source]
        Cascading failure: 5 min, 0.85, [application]
        Credential compromise is likely: 60 min, 0.8, [user]
        Credential compromise: 60 min, 0.95, [user]
        Deployment and trouble: 30 min, 0.7, [component]
        Documentation with code: 60 min, 0.6, [component]
        Project with messages: 15 min, 0.8, [project]
        Assignee with messages: 15 min, 0.8, [assignee]
        Quality degradation: 15 min, 0.9, []
        Change, then degradation: 15 min, 0.8, [component]
        Collaboration burst: 10 min, 0.7, []
        Deployment sequence: 30 min, 0.8, [component]
        Knowledge discovery: 60 min, 0.6, []
        Runaway cost after growth: 120 min, 0.7, [account]
        Change without a ticket: 31 min, 0.6, [component]"#]]
    .assert_eq(&told.collect::<Vec<_>>().join("\n"));
}
