//! Text in columns, as Go's text/tabwriter lays it out: a tab ends a cell, and the cells of neighbouring lines that stand
//! in one column are as wide as the widest of them. Knows no tasks.

/// Spaces between columns (go-task 3.54 `help.go`).
const PADDING: usize = 6;

/// Lays out lines. The width of a cell counts every character, those that set colours as well.
pub(super) fn lay_out(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> =
        lines.iter().map(|cells| cells.iter().map(|cell| cell.chars().count()).collect()).collect();
    // Lines with a cell that ends in the column at hand; what follows the last tab of a line is in none.
    let mut ending: Vec<usize> = (0..lines.len()).collect();
    for column in 0.. {
        ending.retain(|line| lines.get(*line).is_some_and(|cells| cells.len() > column + 1));
        if ending.is_empty() {
            break;
        }
        for block in ending.chunk_by(|line, next| line + 1 == *next) {
            let width = |line: &usize| widths.get(*line).and_then(|cells| cells.get(column)).copied();
            let widest = block.iter().filter_map(width).max().unwrap_or_default() + PADDING;
            for line in block {
                if let Some(cell) = widths.get_mut(*line).and_then(|cells| cells.get_mut(column)) {
                    *cell = widest - *cell;
                }
            }
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (number, (cells, padding)) in lines.iter().zip(&widths).enumerate() {
        if number > 0 {
            out.push('\n');
        }
        for (index, (cell, padding)) in cells.iter().zip(padding).enumerate() {
            out.push_str(cell);
            if index + 1 < cells.len() {
                out.extend(std::iter::repeat_n(' ', *padding));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lay_out;

    #[test]
    fn a_column_reaches_as_far_as_its_neighbours_have_it() {
        assert_eq!(lay_out("a\tb\nlonger\tc\n"), "a           b\nlonger      c\n");
        assert_eq!(lay_out("a\tb\nlonger\nc\td"), "a      b\nlonger\nc      d");
        assert_eq!(lay_out("\tx\ty\nab\tz"), "        x      y\nab      z");
        assert_eq!(lay_out("é\tb\t"), "é      b      ");
        assert_eq!(lay_out(""), "");
    }
}
