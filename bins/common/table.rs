//! Tables for people.

use std::fmt;

/// The widest that a first column becomes. A longer name has a line of its own, with the rest of its row below.
const NAME: usize = 22;

/// Rows of words, each column as wide as its widest.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(columns);
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: &[&str]) {
        let mut cells: Vec<String> = cells.iter().map(|&cell| cell.to_owned()).collect();
        if let Some(name) = cells.first_mut().filter(|name| name.chars().count() > NAME) {
            self.rows.push(vec![std::mem::take(name)]);
        }
        self.rows.push(cells);
    }

    /// The width of each column.
    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.rows.first().map_or(0, Vec::len)];
        for row in self.rows.iter().filter(|row| row.len() > 1) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(cell, &width)| format!("{cell:width$}"));
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// The text, or its first characters with an ellipsis where it has more than `most`.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most.saturating_sub(1)) {
        Some((end, _)) if text.chars().count() > most => {
            format!("{}…", text.get(..end).unwrap_or(text))
        }
        _ => text.to_owned(),
    }
}
