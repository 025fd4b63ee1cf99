//! The functions of jq's library that are written in jq. Each is compiled when a program first calls it.

/// What `builtins` gives: the functions of jq 1.6.
pub(super) const BUILTINS: &str = include_str!("builtins.txt");

/// The definition of a function by its name and number of arguments.
pub(super) fn source(name: &str, arity: usize) -> Option<&'static str> {
    LIBRARY.lines().map(str::trim).find(|line| {
        let Some(rest) = line.strip_prefix("def ").and_then(|rest| rest.strip_prefix(name)) else {
            return false;
        };
        match rest.as_bytes().first() {
            Some(b':') => arity == 0,
            Some(b'(') => {
                let parameters = rest.split(')').next().unwrap_or_default();
                arity == parameters.matches(';').count() + 1
            }
            _ => false,
        }
    })
}

/// The names of all functions that a program may call.
pub fn builtins() -> impl Iterator<Item = &'static str> {
    let names = BUILTINS.split_ascii_whitespace().filter_map(|name| name.split('/').next());
    names.filter(|name| !name.starts_with('_'))
}

/// Whether a function gives one value, where its definition looks as if it could give several.
pub(super) fn gives_one(name: &str, arity: usize) -> bool {
    matches!((name, arity), ("match" | "capture", 1) | ("sub" | "gsub", 2 | 3) | ("nth", 2))
}

/// One definition a line.
const LIBRARY: &str = r##"
def map(f): [.[] | f];
def select(f): if f then . else empty end;
def recurse: recurse(.[]?);
def recurse(f): def down: ., (f | down); down;
def recurse(f; more): def down: ., (f | select(more) | down); down;
def recurse_down: recurse;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type | . == "array" or . == "object");
def scalars: select(type | . != "array" and . != "object");
def scalars_or_empty: select(type | . != "object");
def isfinite: type == "number" and (isinfinite | not);
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def range($upto): _range(0; $upto; 1);
def range($from; $upto): _range($from; $upto; 1);
def range($from; $upto; $by): _range($from; $upto; $by);
def add: _add;
def add(f): reduce f as $item (null; . + $item);
def del(paths): delpaths([path(paths)]);
def to_entries: [keys_unsorted[] as $key | {key: $key, value: .[$key]}];
def from_entries: reduce .[] as $pair ({}; . + {($pair | .key // .name // .Name // .Key): ($pair | if has("value") then .value else .Value end)});
def with_entries(f): to_entries | map(f) | from_entries;
def map_values(f): .[] |= f;
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def any: any(.);
def all: all(.);
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any(items; f): isempty(first(items | f | select(.))) | not;
def all(items; f): isempty(first(items | f | select(. | not)));
def isempty(f): [first(f | null)] | length == 0;
def flatten: _flatten(-1);
def flatten($depth): if $depth < 0 then error("flatten depth must not be negative") else _flatten($depth) end;
def in(container): . as $key | container | has($key);
def inside(container): . as $part | container | contains($part);
def join($separator): reduce .[] as $item (null; (if . == null then "" else . + $separator end) + ($item | if . == null then "" elif type == "boolean" or type == "number" then tojson else . end)) // "";
def first: .[0];
def last: .[-1];
def last(f): reduce f as $item (null; $item);
def nth($n): .[$n];
def nth($n; f): if $n < 0 then error("nth doesn't support negative indices") else last(limit($n + 1; f)) end;
def limit($n; f): if $n < 0 then f else label $enough | foreach f as $item (0; . + 1; $item, if . >= $n then break $enough else empty end) end;
def skip($n; f): foreach f as $item ($n; . - 1; if . < 0 then $item else empty end);
def until(done; next): def again: if done then . else (next | again) end; again;
def while(more; next): def again: if more then ., (next | again) else empty end; again;
def repeat(f): def again: f, again; again;
def inputs: def more: try [input] catch (if . == "break" then null else error end); def all_of_them: more | if . == null then empty else .[0], all_of_them end; all_of_them;
def sort_by(f): _sort_by(map([f]));
def group_by(f): _group_by(map([f]));
def unique: if type == "array" then _unique_by(.) else _unique_by(map([.])) end;
def unique_by(f): _unique_by(map([f]));
def min_by(f): _min_by(map([f]));
def max_by(f): _max_by(map([f]));
def indices($part): if type == "array" and ($part | type) == "array" then .[$part] elif type == "array" then .[[$part]] elif type == "string" and ($part | type) == "string" then _strindices($part) else .[$part] end;
def index($part): indices($part) | .[0];
def rindex($part): indices($part) | .[-1:][0];
def combinations: if length == 0 then [] else .[0][] as $first | (.[1:] | combinations) as $rest | [$first] + $rest end;
def combinations(n): . as $items | [range(n)] | map($items) | combinations;
def walk(f): def inner: if type == "object" then . as $whole | reduce keys_unsorted[] as $key ({}; . + {($key): ($whole[$key] | inner)}) | f elif type == "array" then map(inner) | f else f end; inner;
def env: $ENV;
def halt_error: halt_error(5);
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def todateiso8601: strftime("%Y-%m-%dT%H:%M:%SZ");
def fromdate: fromdateiso8601;
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def date: todate;
def dateadd(unit; $n): . + $n;
def datesub(unit; $n): . - $n;
def match(re; $flags): _match(re; $flags; false) | .[];
def match($re): ($re | type) as $type | if $type == "string" then match($re; null) elif $type == "array" and ($re | length) > 1 then match($re[0]; $re[1]) elif $type == "array" and ($re | length) > 0 then match($re[0]; null) else error($type + " not a string or array") end;
def test(re; $flags): _match(re; $flags; true);
def test($re): ($re | type) as $type | if $type == "string" then test($re; null) elif $type == "array" and ($re | length) > 1 then test($re[0]; $re[1]) elif $type == "array" and ($re | length) > 0 then test($re[0]; null) else error($type + " not a string or array") end;
def _named: [.captures[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def capture($re): match($re) | _named;
def capture(re; $flags): match(re; $flags) | _named;
def scan($re): scan($re; null);
def scan($re; $flags): match($re; "g" + $flags) | if (.captures | length) > 0 then [.captures[].string] else .string end;
def split($re; $flags): . as $text | [match($re; "g" + $flags) | [.offset, .length]] as $found | [foreach ($found[], null) as $part ({at: 0}; if $part == null then {piece: $text[.at:]} else {piece: $text[.at:$part[0]], at: ($part[0] + $part[1])} end; .piece)];
def splits($re): splits($re; null);
def splits($re; $flags): split($re; $flags) | .[];
def sub($re; text): sub($re; text; "");
def gsub($re; text): sub($re; text; "g");
def gsub($re; text; $flags): sub($re; text; $flags + "g");
def sub($re; text; $flags): ($flags | contains("g")) as $all | ($flags | split("g") | add // "") as $rest | def edit: . as $in | [match($re; $rest)] | if length == 0 then $in else .[0] as $found | ($found.offset + $found.length) as $end | if $all and $found.length == 0 and $end < ($in | length) then $in[:$found.offset] + ($found | _named | text) + $in[$end:$end + 1] + ($in[$end + 1:] | edit) elif $all and $found.length == 0 then $in[:$found.offset] + ($found | _named | text) else $in[:$found.offset] + ($found | _named | text) + ($in[$end:] | if $all and . != "" then edit else . end) end end; edit;
def ascii: [.] | implode;
def tostream: path(def down: (.[]?|down), .; down) as $path | getpath($path) | reduce path(.[]?) as $inner ([$path, .]; [$path + $inner]);
def fromstream(f): foreach f as $event ({}; (if .done then {} else . end) | if ($event | length) == 2 then .value = (.value | setpath($event[0]; $event[1])) else . end | if ($event[0] | length) == 0 or (($event | length) == 1 and ($event[0] | length) == 1) then .done = true else . end; if .done then .value else empty end);
def truncate_stream(stream): . as $depth | null | stream | . as $event | if (.[0] | length) > $depth then setpath([0]; .[0][$depth:]) else empty end;
def pick(paths): . as $whole | reduce path(paths) as $path (null; setpath($path; $whole | getpath($path)));
def debug(message): (message | debug | empty), .;
def abs: if type == "number" and . < 0 then -. else . end;
def toarray: if type == "array" then . else [.] end;
def have_literal_numbers: true;
def have_decnum: false;
def INDEX(items; key): reduce items as $row ({}; .[$row | key | tostring] |= $row);
def INDEX(key): INDEX(.[]; key);
def IN(items): any(items == .; .);
def IN(items; wanted): any(items == wanted; .);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; items; key): items | [., $index[key]];
def JOIN($index; items; key; join): items | [., $index[key]] | join;
"##;
