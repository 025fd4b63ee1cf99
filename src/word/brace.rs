//! Brace expansion: `a{b,c}d` is two words. A sequence such as `{1..3}` as well.

use super::{Part, Word};

/// More words than that are no longer meant.
const MOST: usize = 100_000;

/// The words that a word stands for. `None` where there are far too many.
pub(super) fn expand(word: &Word) -> Option<Vec<Word>> {
    let mut done = Vec::new();
    // Words that may still hold braces after `from`, last one first.
    let mut open = vec![Glyphs::of(word)];
    while let Some(glyphs) = open.pop() {
        let Some(group) = glyphs.group() else {
            done.push(glyphs.word());
            if done.len() + open.len() > MOST {
                return None;
            }
            continue;
        };
        let alternatives = group.alternatives(&glyphs);
        open.extend(alternatives.into_iter().rev());
        if open.len() > MOST {
            return None;
        }
    }
    Some(done)
}

/// A word, character by character.
#[derive(Debug, Clone)]
struct Glyphs {
    list: Vec<Glyph>,
    /// Braces before here have been looked at.
    from: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Glyph {
    /// Unquoted.
    Plain(char),
    /// Quoted text or a parameter.
    Opaque(Part),
}

/// A pair of braces with at least one comma, or a sequence.
#[derive(Debug)]
struct Group {
    start: usize,
    end: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// Where the commas stand.
    List(Vec<usize>),
    Sequence(Vec<String>),
}

impl Glyphs {
    fn of(word: &Word) -> Self {
        let mut list = Vec::new();
        for part in &word.parts {
            match part {
                Part::Text { text, quoted: false } => list.extend(text.chars().map(Glyph::Plain)),
                other => list.push(Glyph::Opaque(other.clone())),
            }
        }
        Self { list, from: 0 }
    }

    fn word(self) -> Word {
        let mut parts: Vec<Part> = Vec::new();
        for glyph in self.list {
            match (glyph, parts.last_mut()) {
                (Glyph::Plain(next), Some(Part::Text { text, quoted: false })) => text.push(next),
                (Glyph::Plain(next), _) => parts.push(Part::Text { text: next.to_string(), quoted: false }),
                (Glyph::Opaque(part), _) => parts.push(part),
            }
        }
        Word { parts }
    }

    fn is(&self, at: usize, next: char) -> bool {
        self.list.get(at) == Some(&Glyph::Plain(next))
    }

    /// The first group: the first brace that has a matching one and a meaning.
    fn group(&self) -> Option<Group> {
        let mut open: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut best: Option<Group> = None;
        for at in self.from..self.list.len() {
            if self.is(at, '{') {
                open.push((at, Vec::new()));
            } else if self.is(at, ',') {
                if let Some((_, commas)) = open.last_mut() {
                    commas.push(at);
                }
            } else if self.is(at, '}')
                && let Some((start, commas)) = open.pop()
            {
                let kind = if commas.is_empty() {
                    self.sequence(start + 1, at).map(Kind::Sequence)
                } else {
                    Some(Kind::List(commas))
                };
                if let Some(kind) = kind
                    && best.as_ref().is_none_or(|best| start < best.start)
                {
                    best = Some(Group { start, end: at, kind });
                }
                if open.is_empty() && best.is_some() {
                    break;
                }
            }
        }
        best
    }

    /// `1..5`, `5..1..2`, `a..e`.
    fn sequence(&self, start: usize, end: usize) -> Option<Vec<String>> {
        let plain = |glyph: &Glyph| match glyph {
            Glyph::Plain(next) => Some(*next),
            Glyph::Opaque(_) => None,
        };
        let text: String = self.list.get(start..end)?.iter().map(plain).collect::<Option<_>>()?;
        let mut bounds = text.split("..");
        let (first, last) = (bounds.next()?, bounds.next()?);
        let step = bounds.next();
        if bounds.next().is_some() {
            return None;
        }
        let letter = |text: &str| {
            let mut letters = text.chars();
            letters
                .next()
                .filter(|next| next.is_ascii_alphabetic() && letters.next().is_none())
                .map(|next| next as i64)
        };
        let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
        let letters = letter(first).zip(letter(last));
        let (from, to) = numbers.or(letters)?;
        let step = step.map_or(Some(1), |step| step.parse::<i64>().ok()).map(i64::unsigned_abs)?.max(1);
        let count = usize::try_from(from.abs_diff(to) / step).ok().filter(|&count| count < MOST)?;
        let padded = |text: &str| text.trim_start_matches('-').starts_with('0') && text.len() > 1;
        let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
        let step = i64::try_from(step).ok()?;
        let value = |index: usize| {
            let offset = step.saturating_mul(i64::try_from(index).unwrap_or(i64::MAX));
            if from <= to { from.saturating_add(offset) } else { from.saturating_sub(offset) }
        };
        let shown = |value: i64| match (numbers, u32::try_from(value).ok().and_then(char::from_u32)) {
            (None, Some(letter)) => letter.to_string(),
            _ => format!("{value:0width$}"),
        };
        Some((0..=count).map(|index| shown(value(index))).collect())
    }
}

impl Group {
    /// The word once for each alternative, with the other text around it.
    fn alternatives(&self, of: &Glyphs) -> Vec<Glyphs> {
        let slice = |from: usize, to: usize| of.list.get(from..to).unwrap_or_default().to_vec();
        let middles: Vec<Vec<Glyph>> = match &self.kind {
            Kind::Sequence(texts) => {
                texts.iter().map(|text| text.chars().map(Glyph::Plain).collect()).collect()
            }
            Kind::List(commas) => {
                let starts = std::iter::once(self.start + 1).chain(commas.iter().map(|comma| comma + 1));
                let ends = commas.iter().copied().chain(std::iter::once(self.end));
                starts.zip(ends).map(|(from, to)| slice(from, to)).collect()
            }
        };
        let whole = |middle: Vec<Glyph>| {
            let mut list = slice(0, self.start);
            list.extend(middle);
            list.extend(slice(self.end + 1, of.list.len()));
            Glyphs { list, from: self.start }
        };
        middles.into_iter().map(whole).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::word::words;

    fn expanded(text: &str) -> String {
        let word = words(text).unwrap().remove(0);
        let words = super::expand(&word).unwrap();
        words.iter().map(|word| word.literal().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lists_nest_and_multiply_in_order() {
        assert_eq!(expanded("a{b,c}d"), "abd acd");
        assert_eq!(expanded("{a,b}{1,2}"), "a1 a2 b1 b2");
        assert_eq!(expanded("{a,b{1,2},c}x"), "ax b1x b2x cx");
        assert_eq!(expanded("{,a}"), " a");
    }

    #[test]
    fn sequences_count_both_ways() {
        assert_eq!(expanded("{1..3}"), "1 2 3");
        assert_eq!(expanded("x{3..1}"), "x3 x2 x1");
        assert_eq!(expanded("{1..10..4}"), "1 5 9");
        assert_eq!(expanded("{08..10}"), "08 09 10");
        assert_eq!(expanded("{a..c}"), "a b c");
    }

    #[test]
    fn other_braces_are_text() {
        for text in ["{a}", "{}", "a}b{c", "{a,b", "{1..}", "{1..a}", "\\{a,b}", "'{a,b}'"] {
            assert_eq!(expanded(text), text.replace(['\\', '\''], ""), "{text}");
        }
        assert_eq!(expanded("{a,{b}"), "{a,{b}");
        assert_eq!(expanded("{x{a,b}"), "{xa {xb");
    }

    #[test]
    fn far_too_many_words_are_refused() {
        let word = words(&"{1..1000}".repeat(10)).unwrap().remove(0);
        assert_eq!(super::expand(&word), None);
    }
}
