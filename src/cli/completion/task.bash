# bash completion for task. Load it with: source <(task --completion bash)

_task_completion() {
    local exe="${TASK_EXE:-task}" line="${COMP_LINE:0:COMP_POINT}" answer word value path
    local -a words=() found=()
    read -ra words <<<"$line"
    [[ "$line" == *[[:space:]] ]] && words+=("")
    word="${words[${#words[@]} - 1]}"
    answer="$("$exe" __complete "${words[@]:1}" 2>/dev/null)" || return
    local number="${answer##*:}"
    answer="${answer%:*}"

    # Of a value in the same word as its flag, only the value is a path.
    local flag=""
    path="$word"
    if [[ "$word" == -*=* ]]; then
        flag="${word%%=*}="
        path="${word#*=}"
    fi

    COMPREPLY=()
    if ((number & 16)); then
        while IFS= read -r value; do found+=("$flag$value"); done < <(compgen -d -- "$path")
    elif ((number & 8)); then
        while IFS= read -r value; do
            if [[ -d "$value" ]] || [[ $'\n'"$answer" == *$'\n'"${value##*.}"$'\n'* ]]; then
                found+=("$flag$value")
            fi
        done < <(compgen -f -- "$path")
    else
        while IFS=$'\t' read -r value _; do
            [[ -n "$value" && "$value" == "$word"* ]] && found+=("$value")
        done <<<"$answer"
        if ((${#found[@]} == 0)) && ! ((number & 4)); then
            while IFS= read -r value; do found+=("$flag$value"); done < <(compgen -f -- "$path")
        fi
    fi
    ((number & 2)) && compopt -o nospace 2>/dev/null
    ((number & 32)) && compopt -o nosort 2>/dev/null
    ((number & 24)) && compopt -o filenames 2>/dev/null

    # readline replaces only what follows the last word break.
    local kept="" breaks="${COMP_WORDBREAKS//[^=:@]/}"
    [[ -n "$breaks" ]] && kept="${word%"${word##*["$breaks"]}"}"
    for value in ${found[@]+"${found[@]}"}; do COMPREPLY+=("${value#"$kept"}"); done
}

complete -F _task_completion "${TASK_EXE:-task}"
