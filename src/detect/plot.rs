//! A series as a picture: its values, what was expected, what was found.
//!
//! **Invariant:** a column of the picture shows the least and the greatest of its rows, so that no
//! spike is lost however long the series is.

use std::fmt::Write as _;
use std::path::Path;

use ::detect::Verdict;
use anyhow::Context;

use super::rows::Row;

const WIDTH: f64 = 1400.0;
const HEIGHT: f64 = 320.0;
const COLUMNS: usize = 1400;

#[derive(Debug, Default)]
pub(super) struct Plot {
    points: Vec<Point>,
    findings: Vec<(usize, String)>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    value: Option<f64>,
    band: Option<(f64, f64)>,
}

/// The least and the greatest of some rows.
#[derive(Clone, Copy, Debug)]
struct Span {
    low: f64,
    high: f64,
}

impl Plot {
    /// Takes a row.
    pub(super) fn row(&mut self, row: &Row<'_>, verdict: &Verdict, reason: Option<String>) {
        if verdict.alarm {
            let text = format!("{}: {}", row.time, reason.unwrap_or_default());
            self.findings.push((self.points.len(), text));
        }
        let band = verdict.expected.map(|band| (band.low, band.high));
        self.points.push(Point { value: row.value, band });
    }

    /// Draws `OUTPUT.svg` beside the output.
    pub(super) fn write(&self, output: &Path) -> anyhow::Result<()> {
        let mut path = output.as_os_str().to_owned();
        path.push(".svg");
        let unwritable = || format!("cannot write {}", Path::new(&path).display());
        std::fs::write(&path, self.draw()?).with_context(unwritable)
    }

    fn draw(&self) -> anyhow::Result<String> {
        let frame = spans(self.points.iter().map(|point| point.value.map(|value| (value, value))))
            .into_iter()
            .flatten()
            .reduce(Span::with)
            .unwrap_or(Span { low: 0.0, high: 1.0 });
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{WIDTH}\" \
             height=\"{HEIGHT}\" fill=\"white\"/>\n"
        );
        let bands = spans(self.points.iter().map(|point| point.band));
        let values = spans(self.points.iter().map(|point| point.value.map(|value| (value, value))));
        bars(&mut svg, &bands, frame, "#cfe3f7")?;
        bars(&mut svg, &values, frame, "#1f4e79")?;
        for (row, text) in &self.findings {
            let x = self.x(*row);
            writeln!(
                svg,
                "<g><line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"0\" y2=\"{HEIGHT}\" stroke=\"#d62728\" \
                 stroke-opacity=\"0.7\"/><circle cx=\"{x:.1}\" cy=\"8\" r=\"5\" fill=\"#d62728\"/>\
                 <title>{}</title></g>",
                escaped(text)
            )?;
        }
        writeln!(svg, "<text x=\"4\" y=\"12\">{:.5e}</text>", frame.high)?;
        writeln!(svg, "<text x=\"4\" y=\"{}\">{:.5e}</text>\n</svg>", HEIGHT - 4.0, frame.low)?;
        Ok(svg)
    }

    #[allow(clippy::cast_precision_loss, reason = "a place in a picture")]
    fn x(&self, row: usize) -> f64 {
        WIDTH * (row as f64 + 0.5) / self.points.len().max(1) as f64
    }
}

impl Span {
    fn with(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }
}

/// The spans of the columns; a short series has a column a row.
fn spans(rows: impl ExactSizeIterator<Item = Option<(f64, f64)>>) -> Vec<Option<Span>> {
    let length = rows.len().max(1);
    let mut columns: Vec<Option<Span>> = vec![None; length.min(COLUMNS)];
    let number = columns.len();
    for (row, span) in rows.enumerate() {
        let Some((low, high)) = span else { continue };
        if let Some(column) = columns.get_mut(row * number / length) {
            let span = Span { low, high };
            *column = Some(column.map_or(span, |column| column.with(span)));
        }
    }
    columns
}

#[allow(clippy::cast_precision_loss, reason = "a place in a picture")]
fn bars(
    svg: &mut String,
    columns: &[Option<Span>],
    frame: Span,
    colour: &str,
) -> anyhow::Result<()> {
    let width = WIDTH / columns.len().max(1) as f64;
    let y = |value: f64| {
        let part = (value - frame.low) / (frame.high - frame.low).max(1e-300);
        (HEIGHT - 20.0) * (1.0 - part.clamp(0.0, 1.0)) + 10.0
    };
    write!(svg, "<path fill=\"{colour}\" d=\"")?;
    for (number, column) in columns.iter().enumerate() {
        let Some(span) = column else { continue };
        let (top, x) = (y(span.high), number as f64 * width);
        let height = (y(span.low) - top).max(1.5);
        write!(svg, "M{x:.1} {top:.1}h{width:.2}v{height:.1}h-{width:.2}z")?;
    }
    writeln!(svg, "\"/>")?;
    Ok(())
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
