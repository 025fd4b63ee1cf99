//! Text in columns, as Go's text/tabwriter lays it out: a tab ends a cell, and the cells of neighbouring lines that stand
//! in one column are as wide as the widest of them. Knows no tasks.

/// Spaces between columns (go-task 3.54 `help.go`).
const PADDING: usize = 6;

/// Lays out lines. The width of a cell counts every character, those that set colours as well.
pub(super) fn lay_out(text: &str) -> String {
    // The cells of all lines, each with its width, and where those of a line begin.
    let mut cells: Vec<(&str, usize)> = Vec::new();
    let mut starts = vec![0];
    for line in text.split('\n') {
        cells.extend(line.split('\t').map(|cell| (cell, cell.chars().count())));
        starts.push(cells.len());
    }
    let count = |line: usize| Some(starts.get(line + 1)? - starts.get(line)?);
    // Lines with a cell that ends in the column at hand; what follows the last tab of a line is in none.
    let mut ending: Vec<usize> = (0..starts.len() - 1).collect();
    for column in 0.. {
        ending.retain(|line| count(*line).is_some_and(|count| count > column + 1));
        if ending.is_empty() {
            break;
        }
        for block in ending.chunk_by(|line, next| line + 1 == *next) {
            let place = |line: &usize| starts.get(*line).map(|start| start + column);
            let width = |line: &usize| place(line).and_then(|at| cells.get(at)).map(|(_, width)| *width);
            let widest = block.iter().filter_map(width).max().unwrap_or_default() + PADDING;
            for at in block.iter().filter_map(place) {
                if let Some((_, width)) = cells.get_mut(at) {
                    *width = widest - *width;
                }
            }
        }
    }
    let mut out = String::with_capacity(text.len() * 2);
    for (number, line) in starts.windows(2).enumerate() {
        if number > 0 {
            out.push('\n');
        }
        let cells = line.first().zip(line.last()).and_then(|(start, end)| cells.get(*start..*end));
        let Some([cells @ .., (last, _)]) = cells else { continue };
        for (cell, padding) in cells {
            out.push_str(cell);
            out.extend(std::iter::repeat_n(' ', *padding));
        }
        out.push_str(last);
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
