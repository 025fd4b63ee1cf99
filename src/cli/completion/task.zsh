#compdef task
# zsh completion for task. Load it with: source <(task --completion zsh)

_task() {
    local exe="${TASK_EXE:-task}" line number value about
    local -a answer options values described extensions
    zstyle -T ":completion:${curcontext}:" show-aliases || options+=(--no-aliases)
    zstyle -T ":completion:${curcontext}:" verbose || options+=(--no-descriptions)
    answer=("${(@f)$("$exe" __complete $options "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    ((${#answer})) || return 1
    number="${answer[-1]#:}"
    answer=("${(@)answer[1,-2]}")

    # Of a value in the same word as its flag, only the value is a path.
    [[ "$PREFIX" == -*=* ]] && ((number & 24 || !(number & 4))) && compset -P '*='
    if ((number & 16)); then
        _files -/
        return
    elif ((number & 8)); then
        extensions=("${(@)answer}")
        _files -g "*.(${(j:|:)extensions})"
        return
    elif ((!${#answer} && !(number & 4))); then
        _files
        return
    fi
    for line in "${(@)answer}"; do
        value="${line%%$'\t'*}"
        about="${line#"$value"}"
        values+=("$value")
        described+=("${value//:/\\:}${about:+:${about#$'\t'}}")
    done
    local -a how
    ((number & 2)) && how+=(-S '')
    ((number & 32)) && how+=(-V tasks)
    _describe $how 'task' described values
}

compdef _task "${TASK_EXE:-task}"
