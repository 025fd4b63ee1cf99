# Nushell completion for task. Save it with `task --completion nu` and `source` it; set
# `$env.config.completions.external.completer` to {|words| task-completer $words }.

def task-completer [words: list<string>] {
    let exe = ($env.TASK_EXE? | default 'task')
    let typed = ($words | skip 1)
    let word = (if ($typed | is-empty) { '' } else { $typed | last })
    let typed = (if ($typed | is-empty) { [''] } else { $typed })
    let answer = (do { ^$exe __complete ...$typed } | complete)
    if $answer.exit_code != 0 { return null }
    let rows = ($answer.stdout | lines)
    if ($rows | is-empty) { return null }
    let number = ($rows | last | str trim --left --char ':' | into int)
    let rows = ($rows | drop 1)

    # Of a value in the same word as its flag, only the value is a path.
    let parts = ($word | parse --regex '^(?<flag>-[^=]*=)(?<path>.*)$')
    let flag = (if ($parts | is-empty) { '' } else { $parts.0.flag })
    let path = (if ($parts | is-empty) { $word } else { $parts.0.path })
    if ($number | bits and 24) != 0 {
        let entries = (try { ls ($'($path)*' | into glob) } catch { [] })
        let wanted = ($entries | where {|entry|
            $entry.type == dir or (($number | bits and 8) != 0 and ($entry.name | path parse | get extension) in $rows)
        })
        return ($wanted | each {|entry| { value: $'($flag)($entry.name)' } })
    }
    if ($rows | is-empty) and ($number | bits and 4) == 0 { return null }
    $rows | each {|row|
        let parts = ($row | split row --number 2 "\t")
        { value: $parts.0, description: ($parts.1? | default '') }
    }
}
