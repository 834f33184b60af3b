//! The topic file: documents in, checked topics out.

use super::document;
use super::lint;
use super::problem::{Problem, Problems};
use super::read;
use super::topic::{Topic, state_parts};

/// Topics that have passed every check.
#[derive(Clone, Debug)]
pub struct TopicFile {
    name: String,
    topics: Vec<Topic>,
}

impl TopicFile {
    /// Reads and checks a file's text; `name` is what problems call it.
    ///
    /// # Errors
    /// Everything that is wrong with it, at once.
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        let mut topics = Vec::new();
        let mut problems = Vec::new();
        let mut complete = true;
        for document in document::split(text) {
            let (topic, mut found) = read::read(&document);
            complete &= topic.is_some() || found.is_empty();
            topics.extend(topic);
            problems.append(&mut found);
        }
        let file = Self { name: name.to_owned(), topics };
        if file.topics.is_empty() && problems.is_empty() {
            problems.push(nothing());
        }
        problems.extend(lint::problems(&file, complete));
        problems.sort();
        if problems.is_empty() { Ok(file) } else { Err(Problems { file: file.name, problems }) }
    }

    /// The file this program was built with.
    pub fn built_in() -> Self {
        let text = include_str!("../../../topics.yaml");
        Self::parse("kafka/topics.yaml", text)
            .unwrap_or_else(|problems| unreachable!("a test holds it valid:\n{problems}"))
    }

    /// What the file is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its topics, in its order.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// The topic of this name.
    pub fn get(&self, name: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.name == name)
    }

    /// The topic whose tasks keep their state in the topic of this name.
    pub fn input_of_state(&self, name: &str) -> Option<&Topic> {
        state_parts(name).and_then(|(_, input)| self.get(input))
    }
}

/// More likely a wrong file than the wish to have no topics; with `--delete` all would go.
fn nothing() -> Problem {
    let what = "there is no topic in this file".to_owned();
    Problem { line: 1, topic: None, what, mend: "check that it is the right one".to_owned() }
}
