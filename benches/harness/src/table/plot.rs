//! The plot: for each row and contestant a bar, as long as its ratio to the reference.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use super::measure::{Measured, reference};
use super::rows;

/// How long the bar of ratio 1 is, and where bars begin and end.
const ONE: f64 = 240.0;
const LEFT: f64 = 130.0;
const MOST: f64 = 2.2;

const HEIGHT: f64 = 16.0;

/// Writes the ratios of instructions.
pub(crate) fn write(path: &Path, measured: &[Measured]) -> io::Result<()> {
    let (mut bars, mut y, mut row) = (String::new(), 24.0, "");
    for one in measured {
        let Some((count, to)) = one.instructions.zip(reference(measured, &one.row).and_then(|to| to.instructions))
        else {
            continue;
        };
        if row != one.row {
            row = &one.row;
            y += 30.0;
            let title = rows::title(row);
            let _ = writeln!(bars, "<text x=\"8\" y=\"{:.0}\" font-weight=\"bold\">{title}</text>", y - 6.0);
        }
        let ratio = count as f64 / to as f64;
        let colour = if one.contestant == "reposit" { "#c2410c" } else { "#94a3b8" };
        let width = ratio.min(MOST) * ONE;
        let middle = y + 11.0;
        let _ = writeln!(bars, "<text x=\"16\" y=\"{middle:.0}\">{}</text>", one.contestant);
        let _ =
            writeln!(bars, "<rect x=\"{LEFT}\" y=\"{y:.0}\" width=\"{width:.1}\" height=\"12\" fill=\"{colour}\"/>");
        let _ = writeln!(bars, "<text x=\"{:.1}\" y=\"{middle:.0}\">{ratio:.2}</text>", LEFT + width + 6.0);
        y += HEIGHT;
    }
    let (width, height, one) = (LEFT + MOST * ONE + 60.0, y + 16.0, LEFT + ONE);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"8\" y=\"18\">Instructions of a call; 1.00 is the call written by hand (in memory and on SQLite: toasty)</text>\n\
         <line x1=\"{one}\" y1=\"30\" x2=\"{one}\" y2=\"{y:.0}\" stroke=\"#cbd5e1\"/>\n{bars}</svg>\n"
    );
    fs::write(path, svg)
}
